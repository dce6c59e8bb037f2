// out += A B for dense row-major matrices, a tile of `out` in registers at a time.
#pragma once

#include "simd.hpp"

namespace {

constexpr int kProductRows = kRegisters == 32 ? 6 : 4;     // of a tile
constexpr int kProductVectors = kRegisters == 32 ? 4 : 2;

// A[r][k] is a[r * across + k * along]: with the two exchanged, A is read as its transpose.
struct LeftMatrix {
  const float* a;
  int64_t across, along;
};

template <int R, int C>
void product_tile(LeftMatrix left, int64_t steps, const float* b, float* out, int64_t stride) {
  Vec total[R][C];
  NEARER_UNROLL for (int r = 0; r < R; r++)
    NEARER_UNROLL for (int c = 0; c < C; c++) total[r][c] = load(out + r * stride + c * kLanes);
  for (int64_t k = 0; k < steps; k++) {
    Vec row[C];
    NEARER_UNROLL for (int c = 0; c < C; c++) row[c] = load(b + k * stride + c * kLanes);
    NEARER_UNROLL for (int r = 0; r < R; r++) {
      const Vec scale = broadcast(left.a[r * left.across + k * left.along]);
      NEARER_UNROLL for (int c = 0; c < C; c++) total[r][c] += scale * row[c];
    }
  }
  NEARER_UNROLL for (int r = 0; r < R; r++)
    NEARER_UNROLL for (int c = 0; c < C; c++) store(out + r * stride + c * kLanes, total[r][c]);
}

template <int R>
void product_rows(LeftMatrix left, int64_t steps, const float* b, float* out, int first, int stride) {
  int q = first;
  for (; q + kProductVectors * kLanes <= stride; q += kProductVectors * kLanes)
    product_tile<R, kProductVectors>(left, steps, b + q, out + q, stride);
  for (; q < stride; q += kLanes) product_tile<R, 1>(left, steps, b + q, out + q, stride);
}

// For A (rows, steps), B (steps, stride) and out (rows, stride); with `upper`, `out` is symmetric and only what is
// at its diagonal and above is asked for.
inline void add_product(LeftMatrix left, int rows, int64_t steps, const float* b, float* out, int stride, bool upper) {
  for (int r = 0; r < rows;) {
    const int count = rows - r < kProductRows ? rows - r : kProductRows;
    const LeftMatrix from{left.a + r * left.across, left.across, left.along};
    const int first = upper ? r / kLanes * kLanes : 0;
    float* const at = out + static_cast<int64_t>(r) * stride;
    switch (count) {
      case 1: product_rows<1>(from, steps, b, at, first, stride); break;
      case 2: product_rows<2>(from, steps, b, at, first, stride); break;
      case 3: product_rows<3>(from, steps, b, at, first, stride); break;
      case 4: product_rows<4>(from, steps, b, at, first, stride); break;
#if NEARER_MANY_REGISTERS
      case 5: product_rows<5>(from, steps, b, at, first, stride); break;
      case 6: product_rows<6>(from, steps, b, at, first, stride); break;
#endif
    }
    r += count;
  }
}

}  // namespace
