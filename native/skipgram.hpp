// Skip-gram with negative sampling (Mikolov et al. 2013), in blocks of consecutive centres (word_block.hpp).
//
// The contexts of a block are the union of its centres' windows, so that a block is one small matrix product
// of contexts against negatives and centres:
//
//   score    s[o][j]  = <output o, context j>
//   weigh    n[o][j]  = in how many of the block's windows the pair (o, j) occurs
//   gradient g[o][j]  = rate * (positive ? n * (1 - s(score)) : -n * s(score))
//   spread   both matrices move by g, from the values they had before the block (only a word that stands in the
//            block twice may see what its first occurrence changed: see apply_gradients)
#pragma once

#include "word_block.hpp"

namespace {

struct SkipGram {
  WordBlock block;
  float** contexts;
  float *scores, *members, *pending, *blank;
  int64_t pitch;  // floats between the scores of two outputs

  int64_t low = 0;  // the block's contexts are tokens [low, low + context_count)
  int context_count = 0;

  SkipGram(const WordTraining& run, Arena& arena) : block(run, arena) {
    const int64_t most = run.shared + 2 * static_cast<int64_t>(run.window);
    pitch = (most + nearer::kRowFloats - 1) / nearer::kRowFloats * nearer::kRowFloats;
    contexts = arena.take<float*>(pitch);
    scores = arena.take<float>((run.negative + run.shared) * pitch);
    members = arena.take<float>(run.shared * static_cast<int64_t>(kLanes));
    pending = arena.take<float>(pitch * run.stride);
    blank = arena.take<float>(run.stride);
  }

  void prepare() { std::memset(blank, 0, sizeof(float) * block.run.stride); }

  // Lays out the rows of the union of the windows, with blank rows up to a whole tile.
  void gather_contexts() {
    int64_t from = block.first, to = block.first;
    for (int b = 0; b < block.centres; b++) {
      if (block.first + b - block.reach[b] < from) from = block.first + b - block.reach[b];
      if (block.first + b + block.reach[b] > to) to = block.first + b + block.reach[b];
    }
    low = from < block.line_begin ? block.line_begin : from;
    context_count = static_cast<int>((to + 1 > block.line_end ? block.line_end : to + 1) - low);
    for (int j = 0; j < context_count; j++) contexts[j] = block.input_row(block.kept.ids[low + j]);
    for (int j = context_count; j % kTileContexts; j++) contexts[j] = blank;
  }

  bool in_window(int64_t position, int b) const {
    const int64_t centre = block.first + b;
    const int64_t distance = position > centre ? position - centre : centre - position;
    return distance > 0 && distance <= block.reach[b];
  }

  // Turns scores into gradients, a vector of contexts at a time.
  void scores_to_gradients(float rate) {
    const Vec lanes = lane_numbers(), last = broadcast(static_cast<float>(context_count));
    for (int v = 0; v < context_count; v += kLanes) {
      const Vec place = lanes + broadcast(static_cast<float>(v));
      Vec windows{};  // in how many windows each context occurs
      for (int b = 0; b < block.centres; b++) {
        const Vec offset = place - broadcast(static_cast<float>(block.first + b - low));
        const Vec distance = maximum(offset, -offset);
        const VecInt inside = (distance <= broadcast(static_cast<float>(block.reach[b]))) &
                              (distance > broadcast(0.5f)) & (place < last);
        const Vec member = (Vec)(inside & (VecInt)broadcast(1.0f));
        store(members + b * kLanes, member);
        windows += member;
        float* const at = scores + (block.run.negative + b) * pitch + v;
        store(at, broadcast(rate) * member * (broadcast(1.0f) - sigmoid(load(at))));
      }
      for (int k = 0; k < block.run.negative; k++) {
        Vec count = windows;
        for (uint32_t left = block.conflicts[k]; left; left &= left - 1)
          count -= load(members + __builtin_ctz(left) * kLanes);
        float* const at = scores + k * pitch + v;
        store(at, broadcast(-rate) * count * sigmoid(load(at)));
      }
    }
  }

  // Adds the block's loss, from the scores before scores_to_gradients.
  void measure(UnitReport& report) const {
    for (int b = 0; b < block.centres; b++)
      for (int j = 0; j < context_count; j++) {
        if (!in_window(low + j, b)) continue;
        report.pairs++;
        report.loss += logistic_loss(scores[(block.run.negative + b) * pitch + j]);
        for (int k = 0; k < block.run.negative; k++)
          if (!(block.conflicts[k] >> b & 1)) report.loss += logistic_loss(-scores[k * pitch + j]);
      }
  }

  void train(float rate, bool measured, UnitReport& report) {
    const int outputs = block.output_count(), stride = block.run.stride;
    gather_contexts();
    score(contexts, context_count, block.outputs, outputs, stride, scores, pitch);
    if (measured) measure(report);
    scores_to_gradients(rate);
    spread(contexts, context_count, block.outputs, outputs, scores, pitch, stride, pending);
  }
};

}  // namespace
