// Continuous bag of words with negative sampling (Mikolov et al. 2013): the mean of a window's word vectors
// predicts its centre. As in the original program, every context moves by the full gradient of the mean.
//
// A block of centres (word_block.hpp) is one small matrix product of means against negatives and centres; all
// means are taken before the block moves anything.
#pragma once

#include "word_block.hpp"

namespace {

struct Cbow {
  WordBlock block;
  float **means, **moved;  // rows: the mean of each centre's window, and where its gradient takes it
  float *scores, *pending;
  int64_t pitch;  // floats between the scores of two outputs

  Cbow(const WordTraining& run, Arena& arena) : block(run, arena) {
    pitch = (run.shared + nearer::kRowFloats - 1) / nearer::kRowFloats * nearer::kRowFloats;
    means = arena.take<float*>(pitch);
    moved = arena.take<float*>(pitch);
    for (int64_t b = 0; b < pitch; b++) {
      float* const mean = arena.take<float>(run.stride);
      float* const target = arena.take<float>(run.stride);
      if (!arena.base) continue;
      means[b] = mean;
      moved[b] = target;
    }
    scores = arena.take<float>((run.negative + run.shared) * pitch);
    pending = arena.take<float>(pitch * run.stride);
  }

  void prepare() {
    for (int64_t b = 0; b < pitch; b++) std::memset(means[b], 0, sizeof(float) * block.run.stride);
  }

  // Calls visit(row) for every context of centre b.
  template <class Visit>
  void each_context(int b, Visit visit) const {
    const int64_t centre = block.first + b;
    const int64_t low = centre - block.reach[b] < block.line_begin ? block.line_begin : centre - block.reach[b];
    const int64_t high = centre + block.reach[b] < block.line_end ? centre + block.reach[b] : block.line_end - 1;
    for (int64_t i = low; i <= high; i++)
      if (i != centre) visit(block.input_row(block.kept.ids[i]));
  }

  void take_mean(int b) {
    const int stride = block.run.stride;
    float* const mean = means[b];
    int count = 0;
    each_context(b, [&](const float* row) {
      if (count++ == 0)
        for (int q = 0; q < stride; q += kLanes) store(mean + q, load(row + q));
      else
        for (int q = 0; q < stride; q += kLanes) store(mean + q, load(mean + q) + load(row + q));
    });
    const Vec share = broadcast(1.0f / static_cast<float>(count));
    for (int q = 0; q < stride; q += kLanes) {
      const Vec value = load(mean + q) * share;
      store(mean + q, value);
      store(moved[b] + q, value);
    }
  }

  // A mean's positive is its own centre; a negative that is the centre is skipped.
  void scores_to_gradients(float rate) {
    const Vec lanes = lane_numbers();
    for (int v = 0; v < block.centres; v += kLanes) {
      const Vec place = lanes + broadcast(static_cast<float>(v));
      const VecInt real = place < broadcast(static_cast<float>(block.centres));
      for (int o = 0; o < block.output_count(); o++) {
        float* const at = scores + o * pitch + v;
        const Vec own = broadcast(static_cast<float>(o - block.run.negative));
        const bool positive = o >= block.run.negative;
        const Vec error = positive ? broadcast(1.0f) - sigmoid(load(at)) : -sigmoid(load(at));
        const VecInt counted = positive ? place == own : real;
        store(at, (Vec)(counted & (VecInt)(broadcast(rate) * error)));
      }
    }
    for (int k = 0; k < block.run.negative; k++)
      for (uint32_t left = block.conflicts[k]; left; left &= left - 1)
        scores[k * pitch + __builtin_ctz(left)] = 0.0f;
  }

  // Adds the block's loss, from the scores before scores_to_gradients; a pair is a mean and its centre.
  void measure(UnitReport& report) const {
    for (int b = 0; b < block.centres; b++) {
      report.pairs++;
      report.loss += logistic_loss(scores[(block.run.negative + b) * pitch + b]);
      for (int k = 0; k < block.run.negative; k++)
        if (!(block.conflicts[k] >> b & 1)) report.loss += logistic_loss(-scores[k * pitch + b]);
    }
  }

  void move_contexts(int b) {
    const int stride = block.run.stride;
    float *const mean = means[b], *const target = moved[b];
    for (int q = 0; q < stride; q += kLanes) store(target + q, load(target + q) - load(mean + q));
    each_context(b, [&](float* row) {
      for (int q = 0; q < stride; q += kLanes) store(row + q, load(row + q) + load(target + q));
    });
  }

  void train(float rate, bool measured, UnitReport& report) {
    const int outputs = block.output_count(), stride = block.run.stride;
    for (int b = 0; b < block.centres; b++) take_mean(b);
    score(means, block.centres, block.outputs, outputs, stride, scores, pitch);
    if (measured) measure(report);
    scores_to_gradients(rate);
    spread(moved, block.centres, block.outputs, outputs, scores, pitch, stride, pending);
    for (int b = 0; b < block.centres; b++) move_contexts(b);
  }
};

}  // namespace
