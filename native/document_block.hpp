// What the document kernels share: the products of one row with many, the rows of a document's tags, and the walk
// over a unit's documents or over a new document.
#pragma once

#include "document_training.hpp"
#include "word_block.hpp"

namespace {

using nearer::DocumentInference;
using nearer::DocumentTraining;

constexpr int kScoreRows = 4;      // rows whose products with one row are summed at once
constexpr int kPrefetchWords = 8;  // how many words ahead rows are asked for

// scores[o .. o + R) = <row, outputs[o .. o + R)>
template <int R>
NEARER_INLINE void score_rows(const float* row, float* const* outputs, int stride, float* scores) {
  Vec total[R];
  NEARER_UNROLL for (int i = 0; i < R; i++) total[i] = Vec{};
  for (int q = 0; q < stride; q += kLanes) {
    const Vec value = load(row + q);
    NEARER_UNROLL for (int i = 0; i < R; i++) total[i] += value * load(outputs[i] + q);
  }
  NEARER_UNROLL for (int i = 0; i < R; i += kScoreRows) {
    const Quad part = sums(total[i], total[i + 1], total[i + 2], total[i + 3]);
    std::memcpy(scores + i, &part, sizeof part);
  }
}

// scores[o] = <row, outputs[o]>; `outputs` is padded to a multiple of kScoreRows.
inline void score_row(const float* row, float* const* outputs, int output_count, int stride, float* scores) {
  int o = 0;
  for (; o + kScoreRows < output_count; o += 2 * kScoreRows)
    score_rows<2 * kScoreRows>(row, outputs + o, stride, scores + o);
  if (o < output_count) score_rows<kScoreRows>(row, outputs + o, stride, scores + o);
}

// row += sum over o of g[o * pitch] * outputs[o], the outputs as they are.
inline void pull_row(float* row, float* const* outputs, int output_count, const float* g, int64_t pitch,
                     int stride) {
  for (int q = 0; q < stride; q += kLanes) {
    Vec sum = load(row + q);
    for (int o = 0; o < output_count; o++) sum += broadcast(g[o * pitch]) * load(outputs[o] + q);
    store(row + q, sum);
  }
}

// The rows of a document's tags.
struct DocumentTags {
  float** rows;
  int count = 0;

  DocumentTags(const DocumentTraining& run, Arena& arena) { rows = arena.take<float*>(run.most_tags); }

  void take(const DocumentTraining& run, int64_t document) {
    const int64_t from = run.tag_starts[document];
    count = static_cast<int>(run.tag_starts[document + 1] - from);
    for (int i = 0; i < count; i++)
      rows[i] = run.tag_rows + static_cast<int64_t>(run.tags[from + i]) * run.stride;
  }
};

// Ids past the last token that are looked at, to ask for rows ahead.
inline int64_t room_after(const WordTraining& run) {
  return 2 * static_cast<int64_t>(run.shared + run.window) + kPrefetchWords;
}

// Calls train(measured) for every block of `shared` words of the kept tokens [begin, end), which are a document.
template <class Train>
void train_blocks(WordBlock& block, int64_t begin, int64_t end, Train train) {
  block.line_begin = begin;
  block.line_end = end;
  int64_t trained = begin;  // some blocks of every unit are measured, of short documents too
  for (block.first = begin; block.first < end; block.first += block.run.shared) {
    const int64_t left = end - block.first;
    block.centres = left < block.run.shared ? static_cast<int>(left) : block.run.shared;
    train(trained++ % nearer::kLossEvery == 0);
  }
}

// The document that the first token of a unit belongs to.
inline int64_t document_at(const DocumentTraining& run, int64_t token) {
  int64_t low = 0, high = run.documents;
  while (high - low > 1) {
    const int64_t middle = low + (high - low) / 2;
    (run.starts[middle] <= token ? low : high) = middle;
  }
  return low;
}

// Trains one unit with a Model that has `kept`, `tags`, prepare(random) and
// train(begin, end, random, rate, report) for the kept tokens of one document.
template <class Model>
UnitReport train_document_unit(const DocumentTraining& run, int64_t unit, void* scratch) {
  Arena arena{static_cast<char*>(scratch)};
  Model model(run, arena);
  KeptTokens& kept = model.kept;
  const WordTraining& words = run.words;
  Random random = Random::of(words.seed, static_cast<uint64_t>(unit));
  read_unit(words, unit, random, kept);
  UnitReport report{0.0, 0, kept.tokens_read};
  if (kept.tokens_read == 0) return report;
  for (int64_t i = 0; i < room_after(words); i++) kept.ids[kept.count + i] = 0;
  model.prepare(random);
  const float rate = unit_learning_rate(words, unit);
  int64_t document =
      document_at(run, unit_boundary(words, unit % units_an_epoch(words) * words.unit_tokens));
  for (int64_t line = 0, begin = 0; line < kept.lines; begin = kept.line_ends[line++], document++) {
    model.tags.take(run, document);
    model.train(begin, kept.line_ends[line], random, rate, report);
  }
  return report;
}

// Lays out the tokens of a document that subsampling keeps, all of them where it would keep none; returns how many.
inline int64_t keep_tokens(const DocumentTraining& run, int64_t document, Random& random, uint32_t* ids) {
  const int64_t begin = run.starts[document], end = run.starts[document + 1];
  int64_t count = 0;
  for (int64_t i = begin; i < end; i++) {
    const uint32_t word = run.words.tokens[i] & ~nearer::kLineStart;
    ids[count] = word;
    count += static_cast<uint32_t>(random.next() >> 32) <= run.words.keep[word];
  }
  if (count) return count;
  for (int64_t i = begin; i < end; i++) ids[i - begin] = run.words.tokens[i] & ~nearer::kLineStart;
  return end - begin;
}

// Finds the vector of one document with a Model that leaves everything else as it is. The document's tokens are
// thinned out anew in every epoch; the rate falls from epoch to epoch.
template <class Model>
void infer_document(const DocumentInference& run, int64_t document, void* scratch) {
  Arena arena{static_cast<char*>(scratch)};
  Model model(run.training, arena);
  KeptTokens& kept = model.kept;
  const WordTraining& words = run.training.words;
  Random random = Random::of(words.seed, run.seeds[document]);
  model.tags.rows[0] = run.rows + document * run.training.stride;
  model.tags.count = 1;
  model.prepare(random);
  UnitReport ignored{0.0, 0, 0};
  for (int epoch = 0; epoch < run.epochs; epoch++) {
    const int64_t count = keep_tokens(run.training, document, random, kept.ids);
    for (int64_t i = 0; i < room_after(words); i++) kept.ids[count + i] = 0;
    const float past = static_cast<float>(epoch) / static_cast<float>(run.epochs);
    const float rate = words.learning_rate - (words.learning_rate - words.least_learning_rate) * past;
    model.train(0, count, random, rate, ignored);
  }
}
}  // namespace
