// Continuous bag of words with negative sampling (Mikolov et al. 2013): the mean of a window's word vectors
// predicts its centre. As in the original program, every context moves by the full gradient of the mean.
#pragma once

#include "dense_tile.hpp"
#include "word_units.hpp"

namespace {

struct Cbow {
  const WordTraining& run;
  KeptTokens kept;
  uint32_t *negatives, *next_negatives;
  float **contexts, **outputs;
  float *mean, *moved, *scores, *pending;

  Cbow(const WordTraining& r, Arena& arena) : run(r) {
    const int64_t most = 2 * static_cast<int64_t>(run.window), output_count = 1 + run.negative;
    kept = room_for_tokens(run, arena, 2 * (run.window + 2));
    negatives = arena.take<uint32_t>(run.negative);
    next_negatives = arena.take<uint32_t>(run.negative);
    contexts = arena.take<float*>(most);
    outputs = arena.take<float*>(output_count);
    mean = arena.take<float>(run.stride);
    moved = arena.take<float>(run.stride);
    scores = arena.take<float>(output_count * nearer::kRowFloats);
    pending = arena.take<float>(kTileContexts * static_cast<int64_t>(run.stride));
  }

  float* input_row(uint32_t word) const { return run.input + static_cast<int64_t>(word) * run.stride; }
  float* output_row(uint32_t word) const { return run.output + static_cast<int64_t>(word) * run.stride; }

  void draw_negatives(Random& random) {
    const AliasSlot* table = reinterpret_cast<const AliasSlot*>(run.noise);
    for (int k = 0; k < run.negative; k++) {
      next_negatives[k] = draw(table, run.vocabulary, random);
      prefetch_row(output_row(next_negatives[k]), run.stride);
    }
  }

  void take_mean(int count) {
    const Vec share = broadcast(1.0f / static_cast<float>(count));
    for (int q = 0; q < run.stride; q += kLanes) {
      Vec total{};
      for (int j = 0; j < count; j++) total += load(contexts[j] + q);
      total *= share;
      store(mean + q, total);
      store(moved + q, total);
    }
  }

  // The centre is output 0; a negative that is the centre is skipped.
  int lay_out_outputs(uint32_t centre) {
    int count = 0;
    outputs[count++] = output_row(centre);
    for (int k = 0; k < run.negative; k++)
      if (negatives[k] != centre) outputs[count++] = output_row(negatives[k]);
    return count;
  }

  void measure(int output_count, UnitReport& report) const {
    report.pairs++;
    for (int o = 0; o < output_count; o++) {
      const double x = scores[o * nearer::kRowFloats];
      report.loss += logistic_loss(o == 0 ? x : -x);
    }
  }

  void scores_to_gradients(int output_count, float rate) {
    for (int o = 0; o < output_count; o++) {
      float* const at = scores + o * nearer::kRowFloats;
      at[0] = rate * ((o == 0 ? 1.0f : 0.0f) - sigmoid(broadcast(at[0]))[0]);
    }
  }

  void move_contexts(int count) {
    for (int q = 0; q < run.stride; q += kLanes) {
      const Vec step = load(moved + q) - load(mean + q);
      for (int j = 0; j < count; j++) store(contexts[j] + q, load(contexts[j] + q) + step);
    }
  }

  void train_centre(int64_t centre, int64_t begin, int64_t end, float rate, Random& random, bool measured,
                    UnitReport& report) {
    uint32_t* const drawn = next_negatives;
    next_negatives = negatives;
    negatives = drawn;
    draw_negatives(random);
    prefetch_row(output_row(kept.ids[centre + 1]), run.stride);
    prefetch_row(input_row(kept.ids[centre + 1 + run.window]), run.stride);
    const int reach = 1 + static_cast<int>(below(static_cast<uint32_t>(random.next() >> 32), run.window));
    const int64_t low = centre - reach < begin ? begin : centre - reach;
    const int64_t high = centre + reach >= end ? end - 1 : centre + reach;
    int count = 0;
    for (int64_t i = low; i <= high; i++)
      if (i != centre) contexts[count++] = input_row(kept.ids[i]);
    take_mean(count);
    const int output_count = lay_out_outputs(kept.ids[centre]);
    float* tile[kTileContexts] = {mean, mean, mean, mean};
    score(tile, kTileContexts, outputs, output_count, run.stride, scores, nearer::kRowFloats);
    if (measured) measure(output_count, report);
    scores_to_gradients(output_count, rate);
    float* target = moved;
    spread(&target, 1, outputs, output_count, scores, nearer::kRowFloats, run.stride, pending);
    move_contexts(count);
  }
};

inline UnitReport train_cbow_unit(const WordTraining& run, int64_t unit, void* scratch) {
  Arena arena{static_cast<char*>(scratch)};
  Cbow cbow(run, arena);
  Random random = Random::of(run.seed, static_cast<uint64_t>(unit));
  read_unit(run, unit, random, cbow.kept);
  for (int i = 0; i < 2 + run.window; i++) cbow.kept.ids[cbow.kept.count + i] = 0;
  const float rate = unit_learning_rate(run, unit);
  UnitReport report{0.0, 0, cbow.kept.tokens_read};
  cbow.draw_negatives(random);
  int64_t begin = 0, trained = 0;
  for (int64_t line = 0; line < cbow.kept.lines; line++) {
    const int64_t end = cbow.kept.line_ends[line];
    for (int64_t centre = begin; end - begin > 1 && centre < end; centre++)
      cbow.train_centre(centre, begin, end, rate, random, trained++ % nearer::kLossEvery == 0, report);
    begin = end;
  }
  return report;
}

inline int64_t cbow_scratch_bytes(const WordTraining& run) {
  Arena arena{nullptr};
  Cbow cbow(run, arena);
  return arena.used;
}

}  // namespace
