// GloVe's weighted least squares by AdaGrad (Pennington, Socher and Manning 2014), a tile of cells at a time.
//
//   error     e = w.c + b + b' - log X                        (one dot product: biases are in the rows)
//   weight    f = min(1, (X / x_max)^alpha)
//   gradient  of f e^2 / 2: f e c for the word's row, f e w for the context's
//   step      s = learning_rate * gradient;  parameter -= s / sqrt(sum);  sum += s^2
#pragma once

#include "glove_training.hpp"
#include "simd.hpp"

namespace {

using nearer::GloveCell;
using nearer::GloveTile;
using nearer::GloveTraining;
using nearer::UnitReport;

constexpr int kCellsAtOnce = 64;  // whose weights f are computed together

// 1 / sqrt(x) for normal x, relative error below 1e-4.
NEARER_INLINE Vec inverse_root(Vec x) {
#if defined(__AVX512F__)  // the same to the bit on every CPU
  return (Vec)_mm512_maskz_rsqrt14_ps(0xFFFF, (__m512)x);
#else
  const Vec half = broadcast(0.5f) * x;
  Vec y = (Vec)(0x5F3759DF - ((VecInt)x >> 1));  // Newton's method from an estimate by halving the exponent
  y = y * (broadcast(1.5f) - half * y * y);
  return y * (broadcast(1.5f) - half * y * y);
#endif
}

NEARER_INLINE float sum_of(Vec v) {
  const Quad total = sums(v, v, v, v);
  return total[0];
}

// The weights f of `count` cells (Pennington et al. 2014, equation 9).
inline void weigh_cells(const GloveTraining& run, const GloveCell* cells, int count, float* weights) {
  alignas(64) float logs[kCellsAtOnce] = {};
  for (int i = 0; i < count; i++) logs[i] = cells[i].log_weight;
  for (int i = 0; i < count; i += kLanes) {
    const Vec below = minimum(load(logs + i) - broadcast(run.log_most), Vec{});
    store(weights + i, exponential(broadcast(run.alpha) * below));
  }
}

// A word's row while its cells are trained: in registers where the dimension is known to the compiler.
template <int kVectors>
struct WordRow {
  Vec parameters[kVectors], sums[kVectors];

  NEARER_INLINE void read(const float* row, int) {
    NEARER_UNROLL for (int q = 0; q < kVectors; q++) {
      parameters[q] = load(row + q * kLanes);
      sums[q] = load(row + (kVectors + q) * kLanes);
    }
  }
  NEARER_INLINE void write(float* row) const {
    NEARER_UNROLL for (int q = 0; q < kVectors; q++) {
      store(row + q * kLanes, parameters[q]);
      store(row + (kVectors + q) * kLanes, sums[q]);
    }
  }
  NEARER_INLINE Vec parameter(int q) const { return parameters[q]; }
  NEARER_INLINE Vec sum(int q) const { return sums[q]; }
  NEARER_INLINE void set(int q, Vec parameter, Vec sum) { parameters[q] = parameter, sums[q] = sum; }
  NEARER_INLINE int vectors() const { return kVectors; }
};

// The same in place, for any dimension.
template <>
struct WordRow<0> {
  float* row;
  int count;

  NEARER_INLINE void read(float* at, int vectors) { row = at, count = vectors; }
  NEARER_INLINE void write(float*) const {}
  NEARER_INLINE Vec parameter(int q) const { return load(row + q * kLanes); }
  NEARER_INLINE Vec sum(int q) const { return load(row + (count + q) * kLanes); }
  NEARER_INLINE void set(int q, Vec parameter, Vec sum) {
    store(row + q * kLanes, parameter);
    store(row + (count + q) * kLanes, sum);
  }
  NEARER_INLINE int vectors() const { return count; }
};

// One step for a cell; returns its error before the step.
template <class Row>
NEARER_INLINE float train_cell(Row& row, float* context, float log_weight, float rate) {
  const int vectors = row.vectors();
  Vec even{}, odd{};
  NEARER_UNROLL for (int q = 0; q < vectors; q++) {
    const Vec product = row.parameter(q) * load(context + q * kLanes);
    if (q & 1) odd += product; else even += product;
  }
  const float error = sum_of(even + odd) - log_weight;
  const Vec pull = broadcast(rate * error);
  NEARER_UNROLL for (int q = 0; q < vectors; q++) {
    float* const at = context + q * kLanes;
    float* const sum_at = at + vectors * kLanes;
    const Vec here = row.parameter(q), there = load(at), here_sum = row.sum(q), there_sum = load(sum_at);
    const Vec step = pull * there, context_step = pull * here;
    store(at, there - context_step * inverse_root(there_sum));
    store(sum_at, there_sum + context_step * context_step);
    row.set(q, here - step * inverse_root(here_sum), here_sum + step * step);
  }
  return error;
}

template <int kVectors>
UnitReport train_cells(const GloveTraining& run, const GloveTile& tile) {
  const int64_t pitch = 2 * static_cast<int64_t>(run.stride);
  float* const words = run.words + tile.first_row * pitch;
  float* const contexts = run.contexts + tile.first_column * pitch;
  alignas(64) float weights[kCellsAtOnce];
  double loss = 0;
  float* at = words + run.cells[tile.begin].row * pitch;
  WordRow<kVectors> row;
  row.read(at, run.stride / kLanes);
  for (int64_t begin = tile.begin; begin < tile.end; begin += kCellsAtOnce) {
    const GloveCell* const cells = run.cells + begin;
    const int count = static_cast<int>(tile.end - begin < kCellsAtOnce ? tile.end - begin : kCellsAtOnce);
    weigh_cells(run, cells, count, weights);
    for (int i = 0; i < count; i++) {
      float* const wanted = words + cells[i].row * pitch;
      if (wanted != at) {
        row.write(at);
        row.read(at = wanted, run.stride / kLanes);
      }
      const float error = train_cell(row, contexts + cells[i].column * pitch, cells[i].log_weight,
                                     run.learning_rate * weights[i]);
      loss += static_cast<double>(weights[i]) * error * error;
    }
  }
  row.write(at);
  return {loss, tile.end - tile.begin, tile.end - tile.begin};
}

UnitReport train_tile(const GloveTraining& run, int64_t tile) {
  const GloveTile& cells = run.tiles[tile];
#ifdef NEARER_MANY_REGISTERS
  switch (run.stride / kLanes) {
    case 2: return train_cells<2>(run, cells);
    case 4: return train_cells<4>(run, cells);
    case 5: return train_cells<5>(run, cells);
    case 7: return train_cells<7>(run, cells);
    case 9: return train_cells<9>(run, cells);
    default: break;
  }
#endif
  return train_cells<0>(run, cells);
}

}  // namespace
