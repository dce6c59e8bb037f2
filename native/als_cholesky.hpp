// The exact solution of a row of a half-sweep (als_training.hpp): its system written out and factorised.
#pragma once

#include "als_training.hpp"
#include "dense_product.hpp"
#include "simd.hpp"
#include "word_units.hpp"

namespace {

using nearer::AlsHalf;

constexpr int kGathered = 64;         // entries whose rows are added to the system together
constexpr float kLeastPivot = 1e-6f;  // share of its diagonal that a pivot must keep; below, its unknown is 0

// One system: the matrix (upper half), the right side, and the rows of some entries, plain and times c - 1.
struct DenseSystem {
  float *matrix, *right, *rows, *scaled, *inverses, *forward;

  DenseSystem(const AlsHalf& half, Arena& arena) {
    const int64_t stride = half.stride;
    matrix = arena.take<float>(stride * stride);
    right = arena.take<float>(stride);
    rows = arena.take<float>(kGathered * stride);
    scaled = arena.take<float>(kGathered * stride);
    inverses = arena.take<float>(stride);
    forward = arena.take<float>(2 * stride);
  }
};

inline void write_system(const AlsHalf& half, int64_t u, DenseSystem& system) {
  const int stride = half.stride;
  std::memcpy(system.matrix, half.gram, sizeof(float) * static_cast<size_t>(stride) * stride);
  std::memset(system.right, 0, sizeof(float) * static_cast<size_t>(stride));
  for (int i = 0; i < stride; i++) system.matrix[i * stride + i] += half.regularization[u];
  for (int64_t at = half.indptr[u]; at < half.indptr[u + 1]; at += kGathered) {
    const int64_t left = half.indptr[u + 1] - at;
    const int count = static_cast<int>(left < kGathered ? left : kGathered);
    for (int i = 0; i < count; i++) {
      const float* const row = half.fixed + static_cast<int64_t>(half.indices[at + i]) * stride;
      const float weight = half.alpha * half.weights[at + i];
      for (int q = 0; q < stride; q += kLanes) {
        const Vec values = load(row + q);
        store(system.rows + i * stride + q, values);
        store(system.scaled + i * stride + q, broadcast(weight) * values);
        store(system.right + q, load(system.right + q) + broadcast(1.0f + weight) * values);
      }
    }
    add_product({system.scaled, 1, stride}, stride, count, system.rows, system.matrix, stride, true);
  }
}

// row[j] of the matrix less scales[0..P) times the P rows from `pivots`, from the vector of its diagonal on.
template <int P>
void subtract_pivots(float* matrix, int pivots, int j, int stride) {
  float* const row = matrix + j * stride;
  const float* from = matrix + pivots * stride;
  Vec scales[P];
  NEARER_UNROLL for (int p = 0; p < P; p++) scales[p] = broadcast(from[p * stride + j]);
  for (int q = j / kLanes * kLanes; q < stride; q += kLanes) {
    Vec here = load(row + q);
    NEARER_UNROLL for (int p = 0; p < P; p++) here -= scales[p] * load(from + p * stride + q);
    store(row + q, here);
  }
}

inline void scale_pivot(float* matrix, int k, int stride, float* inverses) {
  float* const row = matrix + k * stride;
  const float pivot = row[k];
  inverses[k] = pivot > kLeastPivot * inverses[k] ? 1.0f / __builtin_sqrtf(pivot) : 0.0f;
  for (int q = k / kLanes * kLanes; q < stride; q += kLanes) store(row + q, broadcast(inverses[k]) * load(row + q));
}

// The upper half becomes U of A = U^T U, four pivots at a time; `inverses` of its diagonal, 0 where a pivot has
// vanished.
inline void factorise(float* matrix, int dim, int stride, float* inverses) {
  constexpr int kPivots = 4;
  for (int k = 0; k < dim; k++) inverses[k] = matrix[k * stride + k];
  int k = 0;
  for (; k + kPivots <= dim; k += kPivots) {
    for (int p = k; p < k + kPivots; p++) {
      scale_pivot(matrix, p, stride, inverses);
      for (int j = p + 1; j < k + kPivots; j++) subtract_pivots<1>(matrix, p, j, stride);
    }
    for (int j = k + kPivots; j < dim; j++) subtract_pivots<kPivots>(matrix, k, j, stride);
  }
  for (; k < dim; k++) {
    scale_pivot(matrix, k, stride, inverses);
    for (int j = k + 1; j < dim; j++) subtract_pivots<1>(matrix, k, j, stride);
  }
}

// x of U^T U x = right, by the two triangles. What stands below the diagonal meets only entries that are done with.
inline void substitute(const DenseSystem& system, int dim, int stride, float* x) {
  float *const left = system.forward, *const forward = system.forward + stride;
  std::memcpy(left, system.right, sizeof(float) * static_cast<size_t>(stride));
  for (int k = 0; k < dim; k++) {
    const float* const row = system.matrix + k * stride;
    forward[k] = left[k] * system.inverses[k];
    const Vec scale = broadcast(forward[k]);
    for (int q = k / kLanes * kLanes; q < stride; q += kLanes) store(left + q, load(left + q) - scale * load(row + q));
  }
  std::memset(x, 0, sizeof(float) * static_cast<size_t>(stride));
  for (int k = dim - 1; k >= 0; k--) {
    const float* const row = system.matrix + k * stride;
    Vec total{};
    for (int q = k / kLanes * kLanes; q < stride; q += kLanes) total += load(row + q) * load(x + q);
    x[k] = (forward[k] - sums(total, total, total, total)[0]) * system.inverses[k];
  }
}

// Solves rows [first, last); returns the sum of -b^T x, which is what the loss of a solution adds to its sum of c.
inline double factorise_rows(const AlsHalf& half, int64_t first, int64_t last, Arena& arena) {
  DenseSystem system(half, arena);
  double loss = 0;
  for (int64_t u = first; u < last; u++) {
    float* const x = half.solved + u * half.stride;
    write_system(half, u, system);
    factorise(system.matrix, half.dim, half.stride, system.inverses);
    substitute(system, half.dim, half.stride, x);
    for (int j = 0; j < half.dim; j++) loss -= static_cast<double>(x[j]) * system.right[j];
  }
  return loss;
}

inline int64_t cholesky_scratch(const AlsHalf& half) {
  Arena arena{nullptr};
  DenseSystem system(half, arena);
  return arena.used;
}

}  // namespace
