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
  float *matrix, *right, *rows, *scaled;

  DenseSystem(const AlsHalf& half, Arena& arena) {
    const int64_t stride = half.stride;
    matrix = arena.take<float>(stride * stride);
    right = arena.take<float>(stride);
    rows = arena.take<float>(kGathered * stride);
    scaled = arena.take<float>(kGathered * stride);
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

// The upper half becomes U of A = U^T U, a row at a time; `inverses` of its diagonal, 0 where a pivot has vanished.
inline void factorise(float* matrix, int dim, int stride, float* inverses) {
  for (int k = 0; k < dim; k++) inverses[k] = matrix[k * stride + k];
  for (int k = 0; k < dim; k++) {
    float* const row = matrix + k * stride;
    const float pivot = row[k];
    const float inverse = pivot > kLeastPivot * inverses[k] ? 1.0f / __builtin_sqrtf(pivot) : 0.0f;
    inverses[k] = inverse;
    for (int q = k / kLanes * kLanes; q < stride; q += kLanes) store(row + q, broadcast(inverse) * load(row + q));
    for (int j = k + 1; j < dim; j++) {
      const Vec scale = broadcast(row[j]);
      float* const below = matrix + j * stride;
      for (int q = j / kLanes * kLanes; q < stride; q += kLanes)
        store(below + q, load(below + q) - scale * load(row + q));
    }
  }
}

// x of U^T U x = right, by the two triangles.
inline void substitute(const float* matrix, const float* inverses, const float* right, int dim, int stride, float* x) {
  std::memcpy(x, right, sizeof(float) * static_cast<size_t>(stride));
  for (int k = 0; k < dim; k++) {
    x[k] *= inverses[k];
    for (int j = k + 1; j < dim; j++) x[j] -= matrix[k * stride + j] * x[k];
  }
  for (int k = dim - 1; k >= 0; k--) {
    float sum = x[k];
    for (int j = k + 1; j < dim; j++) sum -= matrix[k * stride + j] * x[j];
    x[k] = sum * inverses[k];
  }
}

// Solves rows [first, last); returns the sum of -b^T x, which is what the loss of a solution adds to its sum of c.
inline double factorise_rows(const AlsHalf& half, int64_t first, int64_t last, Arena& arena) {
  DenseSystem system(half, arena);
  float* const inverses = arena.take<float>(half.stride);
  double loss = 0;
  for (int64_t u = first; u < last; u++) {
    float* const x = half.solved + u * half.stride;
    write_system(half, u, system);
    factorise(system.matrix, half.dim, half.stride, inverses);
    substitute(system.matrix, inverses, system.right, half.dim, half.stride, x);
    for (int j = 0; j < half.dim; j++) loss -= static_cast<double>(x[j]) * system.right[j];
  }
  return loss;
}

inline int64_t cholesky_scratch(const AlsHalf& half) {
  Arena arena{nullptr};
  DenseSystem system(half, arena);
  arena.take<float>(half.stride);
  return arena.used;
}

}  // namespace
