// PV-DBOW, the distributed bag of words of a paragraph (Le & Mikolov 2014): the row of a document predicts each
// of its words, told apart from negatives. With word training, skip-gram runs over the document's words too.
//
// `shared` words in a row and the negatives they share are one product with the document's row:
//
//   score    s[o]  = <document, output o>
//   gradient g[o]  = rate * (label o - weight o * s(score)),  weight = words that a negative serves and is not
//   spread   document += sum of g[o] * output o;  output o += g[o] * document
//
// Negatives come from a pool that stays in the cache: each is used kPoolUses times, a round of the pool apart, so
// that a short document sees as many different ones as if all were drawn anew.
#pragma once

#include "document_block.hpp"
#include "skipgram.hpp"

namespace {

constexpr int kPoolSize = 512;  // negatives in the pool, about
constexpr int kPoolUses = 8;    // how often each is used before it is drawn anew

struct NegativePool {
  const WordTraining& run;
  int size;  // whole groups of `negative`
  uint32_t* words;
  int* left;  // uses left, a negative
  int cursor = 0;

  NegativePool(const WordTraining& r, Arena& arena) : run(r) {
    size = run.negative < kPoolSize ? kPoolSize / run.negative * run.negative : run.negative;
    words = arena.take<uint32_t>(size);
    left = arena.take<int>(size);
  }

  uint32_t drawn(Random& random) const {
    return draw(reinterpret_cast<const AliasSlot*>(run.noise), run.vocabulary, random);
  }

  void fill(Random& random) {
    for (int i = 0; i < size; i++) {
      words[i] = drawn(random);
      left[i] = i % kPoolUses;
    }
  }

  const uint32_t* negatives() const { return words + cursor; }

  // Moves on to the next group; what this one used for the last time is drawn anew, for the next round.
  void advance(Random& random) {
    for (int i = cursor; i < cursor + run.negative; i++) {
      if (left[i]-- > 0) continue;
      left[i] = kPoolUses - 1;
      words[i] = drawn(random);
      prefetch_row(run.output + static_cast<int64_t>(words[i]) * run.stride, run.stride);
    }
    cursor = cursor + run.negative < size ? cursor + run.negative : 0;
  }
};

template <bool kFrozen>
struct Dbow {
  const DocumentTraining& run;
  KeptTokens kept;
  DocumentTags tags;
  NegativePool pool;
  float** outputs;  // rows: the words of a step, their negatives, blanks for score_row
  float *labels, *weights, *scores, *pending;  // entries as `outputs` has them
  int64_t trained = 0;

  Dbow(const DocumentTraining& r, Arena& arena) : run(r), tags(r, arena), pool(r.words, arena) {
    const int64_t most = run.words.shared + static_cast<int64_t>(run.words.negative) + 2 * nearer::kRowFloats;
    kept = room_for_tokens(run.words, arena, room_after(run.words));
    outputs = arena.take<float*>(most);
    labels = arena.take<float>(most);
    weights = arena.take<float>(most);
    scores = arena.take<float>(most);
    pending = arena.take<float>(run.stride);
  }

  void prepare(Random& random) { pool.fill(random); }

  float* output_row(uint32_t word) const {
    return run.words.output + static_cast<int64_t>(word) * run.words.stride;
  }

  // Lays out `count` words from `ids` on and their negatives; returns how many outputs there are.
  int lay_out(const uint32_t* ids, int count) {
    const uint32_t* const negatives = pool.negatives();
    for (int b = 0; b < count; b++) {
      outputs[b] = output_row(ids[b]);
      labels[b] = weights[b] = 1.0f;
    }
    int o = count;
    for (int k = 0; k < run.words.negative; k++, o++) {
      outputs[o] = output_row(negatives[k]);
      labels[o] = 0.0f;
      weights[o] = static_cast<float>(count);
      for (int b = 0; b < count; b++) weights[o] -= static_cast<float>(negatives[k] == ids[b]);
    }
    for (int blank = o; blank % kScoreRows; blank++) outputs[blank] = outputs[0];
    return o;
  }

  void measure(int words, int count, UnitReport& report) const {
    report.pairs += words;
    for (int o = 0; o < count; o++)
      report.loss += static_cast<double>(weights[o]) * logistic_loss(o < words ? scores[o] : -scores[o]);
  }

  void step(int words, int count, float rate, bool measured, UnitReport& report) {
    for (int i = 0; i < tags.count; i++) {
      score_row(tags.rows[i], outputs, count, run.stride, scores);
      if (measured) measure(words, count, report);
      for (int v = 0; v < count; v += kLanes)
        store(scores + v, broadcast(rate) * (load(labels + v) - load(weights + v) * sigmoid(load(scores + v))));
      if (kFrozen)
        pull_row(tags.rows[i], outputs, count, scores, 1, run.stride);
      else
        spread(tags.rows + i, 1, outputs, count, scores, 1, run.stride, pending);
    }
  }

  // Trains the kept tokens [begin, end), all of the document at hand.
  void train(int64_t begin, int64_t end, Random& random, float rate, UnitReport& report) {
    const int shared = run.words.shared;
    for (int64_t first = begin; first < end; first += shared) {
      const int words = end - first < shared ? static_cast<int>(end - first) : shared;
      for (int b = 0; b < shared; b++)
        prefetch_row(output_row(kept.ids[first + kPrefetchWords + b]), run.words.stride);
      const int count = lay_out(kept.ids + first, words);
      step(words, count, rate, trained++ % nearer::kLossEvery == 0, report);
      pool.advance(random);
    }
  }
};

// PV-DBOW with word training; only for training, as a new document moves no word. A document's words are trained
// after the document.
struct DbowWords {
  SkipGram skipgram;
  Dbow<false> documents;
  KeptTokens& kept;
  DocumentTags& tags;

  DbowWords(const DocumentTraining& run, Arena& arena)
      : skipgram(run.words, arena), documents(run, arena), kept(documents.kept), tags(documents.tags) {}

  void prepare(Random& random) {
    documents.prepare(random);
    skipgram.prepare();
    skipgram.block.kept = kept;
    skipgram.block.draw_negatives(random);
  }

  void train(int64_t begin, int64_t end, Random& random, float rate, UnitReport& report) {
    documents.train(begin, end, random, rate, report);
    if (end - begin > 1) train_blocks(skipgram.block, begin, end, [&](bool measured) {
      skipgram.block.begin(random);
      skipgram.train(rate, measured, report);
    });
  }
};

}  // namespace
