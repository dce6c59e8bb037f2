// Skip-gram with negative sampling (Mikolov et al. 2013), in blocks of consecutive centres.
//
// A block is `shared` centres that stand next to each other in a line, and the union of their windows. Its
// negatives are drawn once and serve every centre (sharing within a window: Ji et al. 2016; across windows:
// Rengasamy et al. 2017), so a block is one small matrix product of contexts against negatives and centres:
//
//   score    s[o][j]  = <output o, context j>
//   weigh    n[o][j]  = in how many of the block's windows the pair (o, j) occurs
//   gradient g[o][j]  = rate * (positive ? n * (1 - s(score)) : -n * s(score))
//   spread   both matrices move by g, from the values they had before the block
#pragma once

#include "dense_tile.hpp"
#include "word_units.hpp"

namespace {

struct SkipGram {
  const WordTraining& run;
  KeptTokens kept;
  uint32_t *negatives, *next_negatives;
  int* reach;               // window drawn for each centre of the block
  uint32_t* conflicts;      // per negative: bit b set where it is the word of centre b
  float **contexts, **outputs;
  float *scores, *members, *pending, *blank;
  int64_t pitch;            // floats between the scores of two outputs

  // Block being trained: centres [first, first + centres), contexts [low, low + context_count).
  int64_t first, low;
  int centres, context_count, padded_count;

  SkipGram(const WordTraining& r, Arena& arena) : run(r) {
    const int64_t most = run.shared + 2 * static_cast<int64_t>(run.window);
    const int64_t output_count = run.negative + run.shared;
    pitch = (most + nearer::kRowFloats - 1) / nearer::kRowFloats * nearer::kRowFloats;
    kept = room_for_tokens(run, arena, most + run.shared);
    negatives = arena.take<uint32_t>(run.negative);
    next_negatives = arena.take<uint32_t>(run.negative);
    reach = arena.take<int>(run.shared);
    conflicts = arena.take<uint32_t>(run.negative);
    contexts = arena.take<float*>(pitch);
    outputs = arena.take<float*>(output_count);
    scores = arena.take<float>(output_count * pitch);
    members = arena.take<float>(run.shared * static_cast<int64_t>(kLanes));
    pending = arena.take<float>(pitch * run.stride);
    blank = arena.take<float>(run.stride);
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

  // The rows the next block will need and this one does not: its centres, and the contexts at its far end.
  void prefetch_next() const {
    const int64_t centre = first + run.shared, context = centre + run.window;
    for (int b = 0; b < run.shared; b++) {
      prefetch_row(output_row(kept.ids[centre + b]), run.stride);
      prefetch_row(input_row(kept.ids[context + b]), run.stride);
    }
  }

  // Draws a window for each centre and lays out the rows of the block.
  void gather(int64_t line_begin, int64_t line_end, Random& random) {
    int64_t from = first, to = first;
    for (int b = 0; b < centres; b++) {
      reach[b] = 1 + static_cast<int>(below(static_cast<uint32_t>(random.next() >> 32), run.window));
      if (first + b - reach[b] < from) from = first + b - reach[b];
      if (first + b + reach[b] > to) to = first + b + reach[b];
    }
    low = from < line_begin ? line_begin : from;
    const int64_t end = to + 1 > line_end ? line_end : to + 1;
    context_count = static_cast<int>(end - low);
    padded_count = (context_count + kTileContexts - 1) / kTileContexts * kTileContexts;
    for (int j = 0; j < context_count; j++) contexts[j] = input_row(kept.ids[low + j]);
    for (int j = context_count; j < padded_count; j++) contexts[j] = blank;
    for (int k = 0; k < run.negative; k++) {
      outputs[k] = output_row(negatives[k]);
      conflicts[k] = 0;
      for (int b = 0; b < centres; b++)
        conflicts[k] |= static_cast<uint32_t>(negatives[k] == kept.ids[first + b]) << b;
    }
    for (int b = 0; b < centres; b++) outputs[run.negative + b] = output_row(kept.ids[first + b]);
  }

  bool in_window(int64_t position, int b) const {
    const int64_t distance = position > first + b ? position - first - b : first + b - position;
    return distance > 0 && distance <= reach[b];
  }

  // Turns scores into gradients, a vector of contexts at a time.
  void scores_to_gradients(float rate) {
    const Vec lanes = lane_numbers(), last = broadcast(static_cast<float>(context_count));
    for (int v = 0; v < padded_count; v += kLanes) {
      const Vec place = lanes + broadcast(static_cast<float>(v));
      Vec windows{};  // in how many windows each context occurs
      for (int b = 0; b < centres; b++) {
        const Vec offset = place - broadcast(static_cast<float>(first + b - low));
        const Vec distance = maximum(offset, -offset);
        const VecInt inside = (distance <= broadcast(static_cast<float>(reach[b]))) &
                              (distance > broadcast(0.5f)) & (place < last);
        const Vec member = (Vec)(inside & (VecInt)broadcast(1.0f));
        store(members + b * kLanes, member);
        windows += member;
        float* const at = scores + (run.negative + b) * pitch + v;
        store(at, broadcast(rate) * member * (broadcast(1.0f) - sigmoid(load(at))));
      }
      for (int k = 0; k < run.negative; k++) {
        Vec count = windows;
        for (uint32_t left = conflicts[k]; left; left &= left - 1)
          count -= load(members + __builtin_ctz(left) * kLanes);
        float* const at = scores + k * pitch + v;
        store(at, broadcast(-rate) * count * sigmoid(load(at)));
      }
    }
  }

  // Adds the block's loss, from the scores before scores_to_gradients.
  void measure(UnitReport& report) const {
    for (int b = 0; b < centres; b++)
      for (int j = 0; j < context_count; j++) {
        if (!in_window(low + j, b)) continue;
        report.pairs++;
        report.loss += logistic_loss(scores[(run.negative + b) * pitch + j]);
        for (int k = 0; k < run.negative; k++)
          if (!(conflicts[k] >> b & 1)) report.loss += logistic_loss(-scores[k * pitch + j]);
      }
  }

  void train_block(int64_t line_begin, int64_t line_end, float rate, Random& random, bool measured,
                   UnitReport& report) {
    uint32_t* const drawn = next_negatives;
    next_negatives = negatives;
    negatives = drawn;
    draw_negatives(random);
    prefetch_next();
    gather(line_begin, line_end, random);
    const int output_count = run.negative + centres;
    score(contexts, padded_count, outputs, output_count, run.stride, scores, pitch);
    if (measured) measure(report);
    scores_to_gradients(rate);
    spread(contexts, padded_count, outputs, output_count, scores, pitch, run.stride, pending);
  }
};

inline UnitReport train_skipgram_unit(const WordTraining& run, int64_t unit, void* scratch) {
  Arena arena{static_cast<char*>(scratch)};
  SkipGram skipgram(run, arena);
  std::memset(skipgram.blank, 0, sizeof(float) * run.stride);
  Random random = Random::of(run.seed, static_cast<uint64_t>(unit));
  read_unit(run, unit, random, skipgram.kept);
  for (int i = 0; i < 2 * (run.shared + run.window); i++) skipgram.kept.ids[skipgram.kept.count + i] = 0;
  const float rate = unit_learning_rate(run, unit);
  UnitReport report{0.0, 0, skipgram.kept.tokens_read};
  skipgram.draw_negatives(random);
  int64_t begin = 0, block = 0;
  for (int64_t line = 0; line < skipgram.kept.lines; line++) {
    const int64_t end = skipgram.kept.line_ends[line];
    for (skipgram.first = begin; end - begin > 1 && skipgram.first < end; skipgram.first += run.shared) {
      const int64_t left = end - skipgram.first;
      skipgram.centres = left < run.shared ? static_cast<int>(left) : run.shared;
      skipgram.train_block(begin, end, rate, random, block++ % nearer::kLossEvery == 0, report);
    }
    begin = end;
  }
  return report;
}

inline int64_t skipgram_scratch_bytes(const WordTraining& run) {
  Arena arena{nullptr};
  SkipGram skipgram(run, arena);
  return arena.used;
}

}  // namespace
