// Skip-gram and CBOW over words and their character n-grams (Bojanowski et al. 2017), in blocks of consecutive
// centres (word_block.hpp).
//
// The hidden vector of a word is the mean of its own row and the rows of its n-grams. It is taken once a centre
// (CBOW: once a token), scored against every output of the block as one small matrix product, and its gradient
// is added in full to each of its rows, as the fastText program does: once a centre, not once a pair.
//
//   score    s[b][j] = <hidden b, output j>      outputs: the block's positives, then its negatives
//   weigh    w[b][j] = how often the pair counts: 1 for a positive of b; a negative has the weight of the block's
//                      share of draws for every positive of b that is another word
//   gradient g[b][j] = rate * w * (positive - s(score))
//   spread   outputs and hidden vectors move by g, from the values they had before the block
#pragma once

#include "subword_training.hpp"
#include "word_block.hpp"

namespace {

using nearer::SubwordTraining;

// A block's outputs and hidden vectors, and the step they take together.
struct HiddenBlock : WordBlock {
  const SubwordTraining& table;
  float **rows, **hidden, **moved;  // outputs; hidden vectors before and after the step
  uint32_t* words;                  // word of each output
  float *weights, *targets, *scores, *pending, *blank;
  int64_t pitch;  // floats between the scores of two hidden vectors
  int positives = 0;

  HiddenBlock(const WordTraining& r, Arena& arena, int64_t most_positives)
      : WordBlock(r, arena), table(static_cast<const SubwordTraining&>(r)) {
    pitch = (most_positives + run.negative + nearer::kRowFloats - 1) / nearer::kRowFloats * nearer::kRowFloats;
    rows = arena.take<float*>(pitch);
    words = arena.take<uint32_t>(pitch);
    targets = arena.take<float>(pitch);
    weights = arena.take<float>(run.shared * pitch);
    scores = arena.take<float>(run.shared * pitch);
    pending = arena.take<float>(pitch * run.stride);
    blank = arena.take<float>(run.stride);
    hidden = vectors(arena);
    moved = vectors(arena);
  }

  float** vectors(Arena& arena) const {
    float** const pointers = arena.take<float*>(run.shared);
    float* const memory = arena.take<float>(static_cast<int64_t>(run.shared) * run.stride);
    for (int b = 0; arena.base && b < run.shared; b++) pointers[b] = memory + static_cast<int64_t>(b) * run.stride;
    return pointers;
  }

  int total() const { return positives + run.negative; }
  int64_t row_count(uint32_t word) const { return table.starts[word + 1] - table.starts[word]; }

  // Calls visit(row) for the word's own row and those of its n-grams.
  template <class Visit>
  NEARER_INLINE void each_row(uint32_t word, Visit visit) const {
    for (int64_t i = table.starts[word]; i < table.starts[word + 1]; i++) visit(input_row(table.rows[i]));
  }

  void prefetch_inputs(uint32_t word) const {
    each_row(word, [&](const float* row) { prefetch_row(row, run.stride); });
  }

  // sum = the sum of the word's rows, times `share`.
  void sum_rows(uint32_t word, float share, float* sum) const {
    const int64_t begin = table.starts[word], end = table.starts[word + 1];
    for (int q = 0; q < run.stride; q += kLanes) {
      Vec total{};
      for (int64_t i = begin; i < end; i++) total += load(input_row(table.rows[i]) + q);
      store(sum + q, total * broadcast(share));
    }
  }

  void move_rows(uint32_t word, const float* step) const {
    each_row(word, [&](float* row) {
      for (int q = 0; q < run.stride; q += kLanes) store(row + q, load(row + q) + load(step + q));
    });
  }

  // Takes the negatives that were drawn ahead, draws the next ones, and a window for each centre.
  void begin(Random& random) {
    uint32_t* const drawn = next_negatives;
    next_negatives = negatives;
    negatives = drawn;
    draw_negatives(random);
    for (int b = 0; b < centres; b++)
      reach[b] = 1 + static_cast<int>(below(static_cast<uint32_t>(random.next() >> 32), run.window));
  }

  // Lays out the outputs: the tokens [low, low + count) as positives, then the negatives, then blanks.
  void gather_outputs(int64_t low, int count) {
    positives = count;
    for (int j = 0; j < count; j++) words[j] = kept.ids[low + j];
    for (int k = 0; k < run.negative; k++) words[count + k] = negatives[k];
    for (int j = 0; j < total(); j++) {
      rows[j] = output_row(words[j]);
      targets[j] = j < count ? 1.0f : 0.0f;
    }
    for (int j = total(); j % kTileContexts; j++) rows[j] = blank;
  }

  // Sets the weights of centre b, whose positives are those outputs in [from, to] but `without`.
  void weigh(int b, int from, int to, int without) {
    float* const weight = weights + b * pitch;
    for (int j = 0; j < positives; j++) weight[j] = j >= from && j <= to && j != without ? 1.0f : 0.0f;
    const int pairs = to - from + (without < from || without > to);
    for (int k = 0; k < run.negative; k++) {
      int clashes = 0;
      for (int j = from; j <= to; j++) clashes += (words[j] == negatives[k]) & (j != without);
      weight[positives + k] = table.negative_weight * static_cast<float>(pairs - clashes);
    }
  }

  // Adds the block's loss, from the scores before they become gradients.
  void measure(UnitReport& report) const {
    for (int b = 0; b < centres; b++)
      for (int j = 0; j < total(); j++) {
        const float weight = weights[b * pitch + j], x = scores[b * pitch + j];
        report.pairs += j < positives && weight != 0.0f;
        if (weight != 0.0f) report.loss += weight * logistic_loss(j < positives ? x : -x);
      }
  }

  void scores_to_gradients(float rate) {
    for (int b = 0; b < centres; b++)
      for (int v = 0; v < total(); v += kLanes) {
        float* const at = scores + b * pitch + v;
        const Vec error = load(targets + v) - sigmoid(load(at));
        store(at, broadcast(rate) * load(weights + b * pitch + v) * error);
      }
  }

  // From hidden vectors and weights to the step each hidden vector takes, which is left in `moved`.
  void step(float rate, bool measured, UnitReport& report) {
    const int stride = run.stride;
    for (int b = 0; b < centres; b++)
      for (int q = 0; q < stride; q += kLanes) store(moved[b] + q, load(hidden[b] + q));
    score(rows, total(), hidden, centres, stride, scores, pitch);
    if (measured) measure(report);
    scores_to_gradients(rate);
    spread(rows, total(), moved, centres, scores, pitch, stride, pending);
    for (int b = 0; b < centres; b++)
      for (int q = 0; q < stride; q += kLanes) store(moved[b] + q, load(moved[b] + q) - load(hidden[b] + q));
  }
};

// A word, by its n-grams, predicts the words around it.
struct SubwordSkipGram {
  HiddenBlock block;

  SubwordSkipGram(const WordTraining& run, Arena& arena)
      : block(run, arena, run.shared + 2 * static_cast<int64_t>(run.window)) {}

  void prepare() { std::memset(block.blank, 0, sizeof(float) * block.run.stride); }

  int64_t window_begin(int b) const {
    const int64_t from = block.first + b - block.reach[b];
    return from < block.line_begin ? block.line_begin : from;
  }
  int64_t window_end(int b) const {
    const int64_t to = block.first + b + block.reach[b];
    return to < block.line_end ? to : block.line_end - 1;
  }

  // The rows the next block will need and this one does not.
  void prefetch_next(int b) const {
    const int64_t next = block.first + block.run.shared + b;
    block.prefetch_inputs(block.kept.ids[next]);
    prefetch_row(block.output_row(block.kept.ids[next + block.run.window]), block.run.stride);
  }

  void train(float rate, bool measured, UnitReport& report) {
    int64_t low = block.first, high = block.first;
    for (int b = 0; b < block.centres; b++) {
      if (window_begin(b) < low) low = window_begin(b);
      if (window_end(b) > high) high = window_end(b);
    }
    block.gather_outputs(low, static_cast<int>(high + 1 - low));
    for (int b = 0; b < block.centres; b++) {
      const uint32_t word = block.kept.ids[block.first + b];
      block.sum_rows(word, 1.0f / static_cast<float>(block.row_count(word)), block.hidden[b]);
      block.weigh(b, static_cast<int>(window_begin(b) - low), static_cast<int>(window_end(b) - low),
                  static_cast<int>(block.first + b - low));
      prefetch_next(b);
    }
    block.step(rate, measured, report);
    for (int b = 0; b < block.centres; b++) block.move_rows(block.kept.ids[block.first + b], block.moved[b]);
  }
};

// The words around a centre, by their n-grams, predict it: the mean is over all rows of all words of the window.
//
// A token's rows are summed when it comes into reach and moved when it leaves; in between, its sum and its step
// are kept in a ring.
struct SubwordCbow {
  HiddenBlock block;
  float *sums, *steps;   // rings of rows: the sum of a token's rows, and how far each of them is to move
  int64_t ring;          // tokens in the ring, a power of two
  int64_t entered = 0, left = 0;  // tokens [left, entered) of the line are in the ring

  SubwordCbow(const WordTraining& run, Arena& arena) : block(run, arena, run.shared) {
    for (ring = 1; ring < 2 * (static_cast<int64_t>(run.shared) + run.window);) ring *= 2;
    sums = arena.take<float>(ring * run.stride);
    steps = arena.take<float>(ring * run.stride);
  }

  void prepare() { std::memset(block.blank, 0, sizeof(float) * block.run.stride); }

  float* sum_of(int64_t position) const { return sums + (position & (ring - 1)) * block.run.stride; }
  float* step_of(int64_t position) const { return steps + (position & (ring - 1)) * block.run.stride; }

  void enter(int64_t end) {
    if (end > block.line_end) end = block.line_end;
    for (; entered < end; entered++) {
      block.sum_rows(block.kept.ids[entered], 1.0f, sum_of(entered));
      std::memset(step_of(entered), 0, sizeof(float) * block.run.stride);
      block.prefetch_inputs(block.kept.ids[entered + block.run.shared]);
    }
  }

  void leave(int64_t begin) {
    for (; left < begin; left++) block.move_rows(block.kept.ids[left], step_of(left));
  }

  // Calls visit(position) for every context of centre b.
  template <class Visit>
  void each_context(int b, Visit visit) const {
    const int64_t centre = block.first + b;
    const int64_t from = centre - block.reach[b], to = centre + block.reach[b];
    for (int64_t i = from < block.line_begin ? block.line_begin : from; i <= to && i < block.line_end; i++)
      if (i != centre) visit(i);
  }

  void take_mean(int b) {
    const int stride = block.run.stride;
    float* const mean = block.hidden[b];
    int64_t count = 0;
    std::memset(mean, 0, sizeof(float) * stride);
    each_context(b, [&](int64_t i) {
      count += block.row_count(block.kept.ids[i]);
      for (int q = 0; q < stride; q += kLanes) store(mean + q, load(mean + q) + load(sum_of(i) + q));
    });
    const Vec share = broadcast(1.0f / static_cast<float>(count));
    for (int q = 0; q < stride; q += kLanes) store(mean + q, load(mean + q) * share);
  }

  void move_contexts(int b) {
    const float* const step = block.moved[b];
    each_context(b, [&](int64_t i) {
      const Vec rows = broadcast(static_cast<float>(block.row_count(block.kept.ids[i])));
      for (int q = 0; q < block.run.stride; q += kLanes) {
        store(step_of(i) + q, load(step_of(i) + q) + load(step + q));
        store(sum_of(i) + q, load(sum_of(i) + q) + rows * load(step + q));
      }
    });
  }

  void train(float rate, bool measured, UnitReport& report) {
    if (block.first == block.line_begin) entered = left = block.line_begin;
    enter(block.first + block.centres + block.run.window);
    block.gather_outputs(block.first, block.centres);
    for (int b = 0; b < block.centres; b++) {
      take_mean(b);
      block.weigh(b, b, b, -1);
      prefetch_row(block.output_row(block.kept.ids[block.first + block.run.shared + b]), block.run.stride);
    }
    block.step(rate, measured, report);
    for (int b = 0; b < block.centres; b++) move_contexts(b);
    const int64_t next = block.first + block.centres;
    leave(next < block.line_end ? next - block.run.window : block.line_end);
  }
};

}  // namespace
