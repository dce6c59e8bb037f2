// Hierarchical softmax (Morin & Bengio 2005; Mikolov et al. 2013): a word is predicted by the turns on its path
// down a binary tree, for skip-gram and CBOW.
//
// All rows that predict one word (the words of its window, their mean, a document) meet the inner nodes on the
// word's path in one small matrix product, so that a node's row is read once a centre, not once a pair:
//
//   score    s[r][n] = <row r, node n>
//   gradient g[r][n] = rate * (1 - bit n - s(score))
//   spread   both matrices move by g, from the values they had before
//
// PathObjective knows nothing of windows: any rows may predict any word of the tree.
#pragma once

#include "dense_tile.hpp"
#include "word_units.hpp"

namespace {

struct PathObjective {
  const nearer::WordPaths& tree;
  float* const node_rows;  // (words - 1, stride)
  const int stride;
  float** nodes;  // rows of the nodes on the path, with blank rows up to a whole tile
  float *targets, *scores, *pending, *blank;
  int64_t pitch;  // floats between the scores of two rows
  int length = 0;

  // At most `most_rows` rows predict a word at a time.
  PathObjective(const nearer::WordPaths& paths, float* output, int row_floats, int64_t most_rows, Arena& arena)
      : tree(paths), node_rows(output), stride(row_floats) {
    pitch = (tree.longest + nearer::kRowFloats - 1) / nearer::kRowFloats * nearer::kRowFloats;
    nodes = arena.take<float*>(pitch);
    targets = arena.take<float>(pitch);
    scores = arena.take<float>(most_rows * pitch);
    pending = arena.take<float>(pitch * stride);
    blank = arena.take<float>(stride);
    room = most_rows;
  }

  void prepare() {
    std::memset(blank, 0, sizeof(float) * stride);
    std::memset(targets, 0, sizeof(float) * pitch);
    std::memset(scores, 0, sizeof(float) * room * pitch);
  }

  float* node_row(int64_t at) const { return node_rows + static_cast<int64_t>(tree.nodes[at]) * stride; }

  void prefetch(uint32_t word) const {
    for (int64_t at = tree.offsets[word]; at < tree.offsets[word + 1]; at++) prefetch_row(node_row(at), stride);
  }

  // Lays out the path of the word that is to be predicted.
  void take_path(uint32_t word) {
    const int64_t begin = tree.offsets[word];
    length = static_cast<int>(tree.offsets[word + 1] - begin);
    for (int n = 0; n < length; n++) {
      nodes[n] = node_row(begin + n);
      targets[n] = 1.0f - static_cast<float>(tree.bits[begin + n]);
    }
    for (int n = length; n % kTileContexts; n++) nodes[n] = blank;
  }

  void scores_to_gradients(int count, float rate) {
    for (int r = 0; r < count; r++)
      for (int n = 0; n < length; n += kLanes) {
        float* const at = scores + r * pitch + n;
        store(at, broadcast(rate) * (load(targets + n) - sigmoid(load(at))));
      }
  }

  // Adds the loss of `count` pairs of a row and the word, from the scores before scores_to_gradients.
  void measure(int count, UnitReport& report) const {
    report.pairs += count;
    for (int r = 0; r < count; r++)
      for (int n = 0; n < length; n++) {
        const double score = scores[r * pitch + n];
        report.loss += logistic_loss(targets[n] > 0.5f ? score : -score);
      }
  }

  // One step of `count` rows that predict `word`.
  void train(float* const* rows, int count, uint32_t word, float rate, bool measured, UnitReport& report) {
    take_path(word);
    score(nodes, length, rows, count, stride, scores, pitch);
    if (measured) measure(count, report);
    scores_to_gradients(count, rate);
    spread(nodes, length, rows, count, scores, pitch, stride, pending);
  }

 private:
  int64_t room;
};

// The rows of a centre's window.
struct WindowRows {
  float** rows;
  int count = 0;

  WindowRows(const WordTraining& run, Arena& arena) { rows = arena.take<float*>(2 * static_cast<int64_t>(run.window)); }

  void gather(const WordTraining& run, const uint32_t* ids, int64_t low, int64_t high, int64_t centre) {
    count = 0;
    for (int64_t i = low; i < high; i++)
      if (i != centre) rows[count++] = run.input + static_cast<int64_t>(ids[i]) * run.stride;
  }
};

// Every word of the window predicts the centre.
struct SkipGramPaths {
  WindowRows window;
  PathObjective objective;

  SkipGramPaths(const WordTraining& run, Arena& arena)
      : window(run, arena), objective(run.paths, run.output, run.stride, 2 * static_cast<int64_t>(run.window), arena) {}

  void prepare() { objective.prepare(); }

  void train(uint32_t word, float rate, bool measured, UnitReport& report) {
    objective.train(window.rows, window.count, word, rate, measured, report);
  }
};

// The mean of the window predicts the centre; every context moves by the full gradient of the mean.
struct CbowPaths {
  WindowRows window;
  PathObjective objective;
  float *mean, *moved;  // the mean, and where its gradient takes it

  CbowPaths(const WordTraining& run, Arena& arena)
      : window(run, arena), objective(run.paths, run.output, run.stride, 1, arena) {
    mean = arena.take<float>(run.stride);
    moved = arena.take<float>(run.stride);
  }

  void prepare() { objective.prepare(); }

  void train(uint32_t word, float rate, bool measured, UnitReport& report) {
    const Vec share = broadcast(1.0f / static_cast<float>(window.count));
    for (int q = 0; q < objective.stride; q += kLanes) {
      Vec sum{};
      for (int j = 0; j < window.count; j++) sum += load(window.rows[j] + q);
      store(mean + q, sum * share);
      store(moved + q, sum * share);
    }
    objective.train(&moved, 1, word, rate, measured, report);
    for (int q = 0; q < objective.stride; q += kLanes) {
      const Vec step = load(moved + q) - load(mean + q);
      for (int j = 0; j < window.count; j++) store(window.rows[j] + q, load(window.rows[j] + q) + step);
    }
  }
};

// Trains one unit, centre after centre, with a Model that has `window`, `objective`, prepare() and
// train(word, rate, measured, report). The rows of the next centre are asked for while one is trained.
template <class Model>
UnitReport train_paths(const WordTraining& run, int64_t unit, void* scratch) {
  Arena arena{static_cast<char*>(scratch)};
  KeptTokens kept = room_for_tokens(run, arena, run.window + 2);
  Model model(run, arena);
  Random random = Random::of(run.seed, static_cast<uint64_t>(unit));
  read_unit(run, unit, random, kept);
  for (int i = 0; i < run.window + 2; i++) kept.ids[kept.count + i] = 0;
  model.prepare();
  const float rate = unit_learning_rate(run, unit);
  UnitReport report{0.0, 0, kept.tokens_read};
  int64_t begin = 0, trained = 0;
  for (int64_t line = 0; line < kept.lines; line++) {
    const int64_t end = kept.line_ends[line];
    for (int64_t centre = begin; end - begin >= 2 && centre < end; centre++) {
      const int reach = 1 + static_cast<int>(below(static_cast<uint32_t>(random.next() >> 32), run.window));
      const int64_t low = centre - reach < begin ? begin : centre - reach;
      const int64_t high = centre + reach < end ? centre + reach + 1 : end;
      model.objective.prefetch(kept.ids[centre + 1]);
      prefetch_row(run.input + static_cast<int64_t>(kept.ids[centre + 1 + run.window]) * run.stride, run.stride);
      model.window.gather(run, kept.ids, low, high, centre);
      model.train(kept.ids[centre], rate, trained++ % nearer::kLossEvery == 0, report);
    }
    begin = end;
  }
  return report;
}

template <class Model>
int64_t paths_scratch_bytes(const WordTraining& run) {
  Arena arena{nullptr};
  room_for_tokens(run, arena, run.window + 2);
  Model model(run, arena);
  return arena.used;
}

}  // namespace
