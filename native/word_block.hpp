// What skip-gram and CBOW share: a block of consecutive centres, its negatives, and the walk over a unit.
//
// The negatives of a block are drawn once and serve every centre of it (sharing within a window: Ji et al.
// 2016; across windows: Rengasamy et al. 2017). They are drawn, and their rows asked for, a block ahead.
#pragma once

#include "dense_tile.hpp"
#include "word_units.hpp"

namespace {

struct WordBlock {
  const WordTraining& run;
  KeptTokens kept;
  uint32_t *negatives, *next_negatives;
  int* reach;           // window drawn for each centre of the block
  uint32_t* conflicts;  // per negative: bit b set where it is the word of centre b
  float** outputs;      // rows: the negatives, then the centres

  // The block being trained: centres [first, first + centres) of the line [line_begin, line_end).
  int64_t line_begin = 0, line_end = 0, first = 0;
  int centres = 0;

  WordBlock(const WordTraining& r, Arena& arena) : run(r) {
    kept = room_for_tokens(run, arena, 2 * static_cast<int64_t>(run.shared + run.window));
    negatives = arena.take<uint32_t>(run.negative);
    next_negatives = arena.take<uint32_t>(run.negative);
    reach = arena.take<int>(run.shared);
    conflicts = arena.take<uint32_t>(run.negative);
    outputs = arena.take<float*>(run.negative + run.shared);
  }

  float* input_row(uint32_t word) const { return run.input + static_cast<int64_t>(word) * run.stride; }
  float* output_row(uint32_t word) const { return run.output + static_cast<int64_t>(word) * run.stride; }
  int output_count() const { return run.negative + centres; }

  void draw_negatives(Random& random) {
    const AliasSlot* table = reinterpret_cast<const AliasSlot*>(run.noise);
    for (int k = 0; k < run.negative; k++) {
      next_negatives[k] = draw(table, run.vocabulary, random);
      prefetch_row(output_row(next_negatives[k]), run.stride);
    }
  }

  // The rows the next block will need and this one does not: its centres, and the contexts at its far end.
  void prefetch_next() const {
    const int64_t centre = first + run.shared, context = centre + run.window;
    for (int b = 0; b < run.shared; b++) {
      prefetch_row(output_row(kept.ids[centre + b]), run.stride);
      prefetch_row(input_row(kept.ids[context + b]), run.stride);
    }
  }

  // Takes the negatives that were drawn ahead, draws the next ones, and a window for each centre.
  void begin(Random& random) {
    take_negatives(random);
    prefetch_next();
    draw_windows(random);
    lay_out();
  }

  void take_negatives(Random& random) {
    uint32_t* const drawn = next_negatives;
    next_negatives = negatives;
    negatives = drawn;
    draw_negatives(random);
  }

  void draw_windows(Random& random) {
    for (int b = 0; b < centres; b++)
      reach[b] = 1 + static_cast<int>(below(static_cast<uint32_t>(random.next() >> 32), run.window));
  }

  void lay_out() {
    for (int k = 0; k < run.negative; k++) {
      outputs[k] = output_row(negatives[k]);
      conflicts[k] = 0;
      for (int b = 0; b < centres; b++)
        conflicts[k] |= static_cast<uint32_t>(negatives[k] == kept.ids[first + b]) << b;
    }
    for (int b = 0; b < centres; b++) outputs[run.negative + b] = output_row(kept.ids[first + b]);
  }
};

// Trains one unit with a Model that has `block`, prepare() and train(rate, measured, report).
template <class Model>
UnitReport train_unit(const WordTraining& run, int64_t unit, void* scratch) {
  Arena arena{static_cast<char*>(scratch)};
  Model model(run, arena);
  auto& block = model.block;
  Random random = Random::of(run.seed, static_cast<uint64_t>(unit));
  read_unit(run, unit, random, block.kept);
  for (int i = 0; i < 2 * (run.shared + run.window); i++) block.kept.ids[block.kept.count + i] = 0;
  model.prepare();
  const float rate = unit_learning_rate(run, unit);
  UnitReport report{0.0, 0, block.kept.tokens_read};
  block.draw_negatives(random);
  int64_t trained = 0;
  for (int64_t line = 0; line < block.kept.lines; line++) {
    block.line_begin = block.line_end;
    block.line_end = block.kept.line_ends[line];
    if (block.line_end - block.line_begin < 2) continue;
    for (block.first = block.line_begin; block.first < block.line_end; block.first += run.shared) {
      const int64_t left = block.line_end - block.first;
      block.centres = left < run.shared ? static_cast<int>(left) : run.shared;
      block.begin(random);
      model.train(rate, trained++ % nearer::kLossEvery == 0, report);
    }
  }
  return report;
}

// The scratch memory that a model of words or of documents needs.
template <class Model, class Run>
int64_t scratch_bytes(const Run& run) {
  Arena arena{nullptr};
  Model model(run, arena);
  return arena.used;
}

}  // namespace
