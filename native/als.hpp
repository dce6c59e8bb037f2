// A half-sweep of alternating least squares on implicit feedback (Hu, Koren and Volinsky 2008).
//
//   system    A x = b,  A = G + regularization I + sum over entries of (c - 1) y y^T,  b = sum of c y
//   solved    by conjugate gradient from the row there is (Takacs, Pilaszy and Tikk 2011): products with G for a
//             block of rows are one dense product; or by Cholesky factorisation (als_cholesky.hpp)
//   loss      of a row: sum of c + x^T A x - 2 b^T x = sum of c - x.(b + residual)
#pragma once

#include "als_cholesky.hpp"
#include "als_training.hpp"
#include "dense_product.hpp"
#include "simd.hpp"
#include "word_units.hpp"

namespace {

using nearer::AlsHalf;
using nearer::UnitReport;

constexpr int kAlsBlock = 4 * kProductRows;  // rows whose products with G are one
constexpr int kAlsAhead = 16;                // entries whose rows are fetched ahead

// A row in registers where its width is known to the compiler, else in place.
template <int kVectors>
NEARER_INLINE int vectors_of(int stride) {
  return kVectors ? kVectors : stride / kLanes;
}

NEARER_INLINE void fetch_row(const float* row, int stride) {  // to be read by every thread, written by none
  for (int q = 0; q < stride; q += nearer::kRowFloats) __builtin_prefetch(row + q, 0, 3);
}

NEARER_INLINE float dot_product(const float* a, const float* b, int stride) {
  Vec total{};
  for (int q = 0; q < stride; q += kLanes) total += load(a + q) * load(b + q);
  return sums(total, total, total, total)[0];
}

// Rows of the fixed side for four entries (the last ones repeated with weight 0) and their weights alpha r.
struct FourEntries {
  const float* rows[4];
  float weights[4];

  NEARER_INLINE FourEntries(const AlsHalf& half, int64_t at, int64_t end) {
    NEARER_UNROLL for (int t = 0; t < 4; t++) {
      const int64_t entry = at + t < end ? at + t : end - 1;
      rows[t] = half.fixed + static_cast<int64_t>(half.indices[entry]) * half.stride;
      weights[t] = at + t < end ? half.alpha * half.weights[entry] : 0.0f;
    }
  }
};

// product += sum over the entries of row u of (c - 1) (y.p) y; with `right`, also right += sum of c y.
template <int kVectors, bool kRight>
void add_entries(const AlsHalf& half, int64_t u, const float* p, float* product, float* right) {
  const int64_t begin = half.indptr[u], end = half.indptr[u + 1];
  const int vectors = vectors_of<kVectors>(half.stride);
  Vec sum[kVectors ? kVectors : 1];
  NEARER_UNROLL for (int q = 0; q < kVectors; q++) sum[q] = load(product + q * kLanes);
  for (int64_t at = begin; at < end; at += 4) {
    if constexpr (kRight)
      for (int64_t next = at + kAlsAhead; next < at + kAlsAhead + 4 && next < half.indptr[half.rows]; next++)
        fetch_row(half.fixed + static_cast<int64_t>(half.indices[next]) * half.stride, half.stride);
    const FourEntries four(half, at, end);
    Vec total[4] = {};
    NEARER_UNROLL for (int q = 0; q < vectors; q++) {
      const Vec mine = load(p + q * kLanes);
      NEARER_UNROLL for (int t = 0; t < 4; t++) total[t] += mine * load(four.rows[t] + q * kLanes);
    }
    const Quad scores = sums(total[0], total[1], total[2], total[3]);
    Vec scale[4], confidence[4];
    NEARER_UNROLL for (int t = 0; t < 4; t++) {
      scale[t] = broadcast(four.weights[t] * scores[t]);
      confidence[t] = broadcast(at + t < end ? 1.0f + four.weights[t] : 0.0f);
    }
    NEARER_UNROLL for (int q = 0; q < vectors; q++) {
      Vec here = kVectors ? sum[kVectors ? q : 0] : load(product + q * kLanes);
      Vec wanted = kRight ? load(right + q * kLanes) : Vec{};
      NEARER_UNROLL for (int t = 0; t < 4; t++) {
        const Vec row = load(four.rows[t] + q * kLanes);
        here += scale[t] * row;
        if constexpr (kRight) wanted += confidence[t] * row;
      }
      if constexpr (kVectors) sum[q] = here; else store(product + q * kLanes, here);
      if constexpr (kRight) store(right + q * kLanes, wanted);
    }
  }
  NEARER_UNROLL for (int q = 0; q < kVectors; q++) store(product + q * kLanes, sum[q]);
}

// The matrices of conjugate gradient for a block of rows: each (kAlsBlock, stride).
struct AlsBlock {
  float *product, *right, *residual, *direction;
  float squared[kAlsBlock];  // residual.residual

  AlsBlock(const AlsHalf& half, Arena& arena) {
    const int64_t size = static_cast<int64_t>(kAlsBlock) * half.stride;
    product = arena.take<float>(size);
    right = arena.take<float>(size);
    residual = arena.take<float>(size);
    direction = arena.take<float>(size);
  }
};

// product = A p for `count` rows of the block that begins at row `first`.
template <int kVectors, bool kRight>
void apply_system(const AlsHalf& half, int64_t first, int count, const float* p, AlsBlock& block) {
  const int stride = half.stride;
  for (int i = 0; i < count; i++) {
    const Vec scale = broadcast(half.regularization[first + i]);
    for (int q = 0; q < stride; q += kLanes) store(block.product + i * stride + q, scale * load(p + i * stride + q));
  }
  add_product({p, stride, 1}, count, half.dim, half.gram, block.product, stride, false);
  for (int i = 0; i < count; i++)
    add_entries<kVectors, kRight>(half, first + i, p + i * stride, block.product + i * stride,
                                  block.right + i * stride);
}

// One step along the directions, whose products with A are in `product`.
inline void step(float* x, int count, int stride, AlsBlock& block) {
  for (int i = 0; i < count; i++) {
    float *residual = block.residual + i * stride, *direction = block.direction + i * stride;
    const float* const product = block.product + i * stride;
    const float curvature = dot_product(direction, product, stride);
    const bool moves = curvature > 0 && block.squared[i] > 1e-30f;
    const float length = moves ? block.squared[i] / curvature : 0.0f;
    for (int q = 0; q < stride; q += kLanes) {
      store(x + i * stride + q, load(x + i * stride + q) + broadcast(length) * load(direction + q));
      store(residual + q, load(residual + q) - broadcast(length) * load(product + q));
    }
    const float squared = dot_product(residual, residual, stride);
    const float turn = moves ? squared / block.squared[i] : 0.0f;
    for (int q = 0; q < stride; q += kLanes)
      store(direction + q, load(residual + q) + broadcast(turn) * load(direction + q));
    block.squared[i] = squared;
  }
}

template <int kVectors>
double solve_block(const AlsHalf& half, int64_t first, int count, AlsBlock& block) {
  const int stride = half.stride;
  float* const x = half.solved + first * stride;
  std::memset(block.right, 0, sizeof(float) * static_cast<size_t>(count) * stride);
  apply_system<kVectors, true>(half, first, count, x, block);
  for (int i = 0; i < count; i++) {
    for (int q = i * stride; q < (i + 1) * stride; q += kLanes) {
      const Vec residual = load(block.right + q) - load(block.product + q);
      store(block.residual + q, residual);
      store(block.direction + q, residual);
    }
    block.squared[i] = dot_product(block.residual + i * stride, block.residual + i * stride, stride);
  }
  for (int s = 0; s < half.cg_steps; s++) {
    apply_system<kVectors, false>(half, first, count, block.direction, block);
    step(x, count, stride, block);
  }
  double loss = 0;
  for (int i = 0; i < count; i++)
    loss -= static_cast<double>(dot_product(x + i * stride, block.right + i * stride, stride)) +
            dot_product(x + i * stride, block.residual + i * stride, stride);
  return loss;
}

// The sum of c over the entries of rows [first, last).
inline double total_confidence(const AlsHalf& half, int64_t first, int64_t last) {
  double weights = 0;
  for (int64_t at = half.indptr[first]; at < half.indptr[last]; at++) weights += half.weights[at];
  return static_cast<double>(half.indptr[last] - half.indptr[first]) + half.alpha * weights;
}

template <int kVectors>
double solve_rows(const AlsHalf& half, int64_t first, int64_t last, Arena& arena) {
  double loss = 0;
  AlsBlock block(half, arena);
  for (int64_t u = first; u < last; u += kAlsBlock)
    loss += solve_block<kVectors>(half, u, static_cast<int>(last - u < kAlsBlock ? last - u : kAlsBlock), block);
  return loss;
}

UnitReport solve_als_unit(const AlsHalf& half, int64_t unit, void* scratch) {
  Arena arena{static_cast<char*>(scratch)};
  const int64_t first = unit * nearer::kAlsUnitRows, end = first + nearer::kAlsUnitRows;
  const int64_t last = end < half.rows ? end : half.rows, entries = half.indptr[last] - half.indptr[first];
  double loss = total_confidence(half, first, last);
  if (half.cg_steps == 0) {
    loss += factorise_rows(half, first, last, arena);
  } else {
    switch (half.stride / kLanes) {
#ifdef NEARER_MANY_REGISTERS
      case 1: loss += solve_rows<1>(half, first, last, arena); break;
      case 2: loss += solve_rows<2>(half, first, last, arena); break;
      case 4: loss += solve_rows<4>(half, first, last, arena); break;
      case 8: loss += solve_rows<8>(half, first, last, arena); break;
#endif
      default: loss += solve_rows<0>(half, first, last, arena);
    }
  }
  return {loss, entries, entries};
}

int64_t als_scratch_bytes(const AlsHalf& half) {
  Arena arena{nullptr};
  if (half.cg_steps == 0) return cholesky_scratch(half);
  AlsBlock block(half, arena);
  return arena.used;
}

constexpr int64_t kGramRows = 1024;  // whose sum is taken in single precision

void add_gram(const float* rows, int64_t first, int64_t last, int stride, float* part, double* total) {
  const int64_t size = static_cast<int64_t>(stride) * stride;
  for (int64_t at = first; at < last; at += kGramRows) {
    const int64_t count = last - at < kGramRows ? last - at : kGramRows;
    const float* const from = rows + at * stride;
    std::memset(part, 0, sizeof(float) * static_cast<size_t>(size));
    add_product({from, 1, stride}, stride, count, from, part, stride, true);
    for (int64_t i = 0; i < size; i++) total[i] += part[i];
  }
}

}  // namespace
