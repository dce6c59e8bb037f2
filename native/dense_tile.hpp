// The two dense products of a training block: scores of contexts against outputs, and both gradients.
// Contexts and outputs are given as pointers to their rows; scores lie output by output, `pitch` floats apart.
#pragma once

#include "simd.hpp"
#include "word_training.hpp"

namespace {

constexpr int kTileContexts = 4;                            // contexts are padded to a multiple of this
constexpr int kScoreOutputs = kRegisters == 32 ? 5 : 2;     // outputs whose score sums fit in registers
constexpr int kGradientOutputs = kRegisters == 32 ? 12 : 5; // outputs whose gradients fit in registers

// scores[o][j] = <contexts[j], outputs[o]> for O outputs and four contexts, or two (and two blanks).
template <int O, int C>
void score_tile(float* const* contexts, float* const* outputs, int stride, float* scores, int64_t pitch) {
  Vec total[O][kTileContexts];
  NEARER_UNROLL for (int o = 0; o < O; o++)
    NEARER_UNROLL for (int j = 0; j < kTileContexts; j++) total[o][j] = Vec{};
  for (int q = 0; q < stride; q += kLanes) {
    Vec context[C];
    NEARER_UNROLL for (int j = 0; j < C; j++) context[j] = load(contexts[j] + q);
    NEARER_UNROLL for (int o = 0; o < O; o++) {
      const Vec output = load(outputs[o] + q);
      NEARER_UNROLL for (int j = 0; j < C; j++) total[o][j] += context[j] * output;
    }
  }
  NEARER_UNROLL for (int o = 0; o < O; o++) {
    const Quad row = sums(total[o][0], total[o][1], total[o][2], total[o][3]);
    std::memcpy(scores + o * pitch, &row, sizeof row);
  }
}

template <int O>
void score_group(float* const* contexts, int count, float* const* outputs, int stride, float* scores,
                 int64_t pitch) {
  int j = 0;
  for (; j + 2 < count; j += kTileContexts)
    score_tile<O, kTileContexts>(contexts + j, outputs, stride, scores + j, pitch);
  if (j < count) score_tile<O, 2>(contexts + j, outputs, stride, scores + j, pitch);
}

// All scores of `count` contexts (blanks follow up to a multiple of four) against `output_count` outputs.
inline void score(float* const* contexts, int count, float* const* outputs, int output_count, int stride,
                  float* scores, int64_t pitch) {
  for (int o = 0; o < output_count;) {
    const int left = output_count - o, group = left < kScoreOutputs ? left : kScoreOutputs;
    float* at = scores + o * pitch;
    switch (group) {
      case 1: score_group<1>(contexts, count, outputs + o, stride, at, pitch); break;
      case 2: score_group<2>(contexts, count, outputs + o, stride, at, pitch); break;
#if NEARER_MANY_REGISTERS
      case 3: score_group<3>(contexts, count, outputs + o, stride, at, pitch); break;
      case 4: score_group<4>(contexts, count, outputs + o, stride, at, pitch); break;
      case 5: score_group<5>(contexts, count, outputs + o, stride, at, pitch); break;
#endif
    }
    o += group;
  }
}

// For O outputs, in one pass over the dimensions:
//   outputs[o] += sum over j of g[o][j] * contexts[j]        (contexts before their own update)
//   target[j]  += sum over o of g[o][j] * outputs[o]         (outputs before their update)
// `target` is the contexts themselves, or `pending` rows where other groups of outputs still need them.
template <int O, bool kInPlace>
void apply_gradients(float* const* contexts, int count, float* const* outputs, const float* g, int64_t pitch,
                     int stride, float* pending) {
  for (int q = 0; q < stride; q += kLanes) {
    Vec output[O], gradient[O];
    NEARER_UNROLL for (int o = 0; o < O; o++) {
      output[o] = load(outputs[o] + q);
      gradient[o] = Vec{};
    }
    for (int j = 0; j < count; j++) {
      const Vec context = load(contexts[j] + q);
      float* const target = kInPlace ? contexts[j] + q : pending + static_cast<int64_t>(j) * stride + q;
      Vec sum = kInPlace ? context : load(target);
      NEARER_UNROLL for (int o = 0; o < O; o++) {
        const Vec step = broadcast(g[o * pitch + j]);
        sum += step * output[o];
        gradient[o] += step * context;
      }
      store(target, sum);
    }
    NEARER_UNROLL for (int o = 0; o < O; o++) store(outputs[o] + q, load(outputs[o] + q) + gradient[o]);
  }
}

template <bool kInPlace>
void apply_group(int group, float* const* contexts, int count, float* const* outputs, const float* g,
                 int64_t pitch, int stride, float* pending) {
#define NEARER_CASE(O) \
  case O: apply_gradients<O, kInPlace>(contexts, count, outputs, g, pitch, stride, pending); break;
  switch (group) {
    NEARER_CASE(1) NEARER_CASE(2) NEARER_CASE(3) NEARER_CASE(4) NEARER_CASE(5)
#if NEARER_MANY_REGISTERS
    NEARER_CASE(6) NEARER_CASE(7) NEARER_CASE(8) NEARER_CASE(9) NEARER_CASE(10) NEARER_CASE(11) NEARER_CASE(12)
#endif
  }
#undef NEARER_CASE
}

// Both gradients for any number of outputs; `pending` has room for `count` rows.
inline void spread(float* const* contexts, int count, float* const* outputs, int output_count, const float* g,
                   int64_t pitch, int stride, float* pending) {
  if (output_count <= kGradientOutputs) {
    apply_group<true>(output_count, contexts, count, outputs, g, pitch, stride, pending);
    return;
  }
  std::memset(pending, 0, sizeof(float) * static_cast<size_t>(count) * stride);
  for (int o = 0; o < output_count;) {
    const int left = output_count - o, group = left < kGradientOutputs ? left : kGradientOutputs;
    apply_group<false>(group, contexts, count, outputs + o, g + o * pitch, pitch, stride, pending);
    o += group;
  }
  for (int j = 0; j < count; j++)
    for (int q = 0; q < stride; q += kLanes)
      store(contexts[j] + q, load(contexts[j] + q) + load(pending + static_cast<int64_t>(j) * stride + q));
}

}  // namespace
