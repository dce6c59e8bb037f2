// The vector type of the CPU variant being compiled, and the few operations the kernels need.
//
// Built on the compilers' vector extensions: one source becomes AVX-512, AVX2, SSE2 or NEON code by the flags
// it is compiled with. Everything is in an unnamed namespace, so that no variant shares code with another.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

#define NEARER_INLINE inline __attribute__((always_inline))
#define NEARER_UNROLL _Pragma("GCC unroll 32")

#if defined(__clang__) || __GNUC__ >= 12
#define NEARER_SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define NEARER_SHUFFLE(a, b, ...) __builtin_shuffle(a, b, VecInt{__VA_ARGS__})
#endif

namespace {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#define NEARER_EVEN 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29
#define NEARER_ODD 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31
#define NEARER_LOW 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define NEARER_HIGH 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
constexpr int kRegisters = 32;
#define NEARER_MANY_REGISTERS 1
#elif defined(__AVX__)
constexpr int kLanes = 8;
#define NEARER_EVEN 0, 8, 1, 9, 4, 12, 5, 13
#define NEARER_ODD 2, 10, 3, 11, 6, 14, 7, 15
#define NEARER_LOW 0, 1, 8, 9, 4, 5, 12, 13
#define NEARER_HIGH 2, 3, 10, 11, 6, 7, 14, 15
constexpr int kRegisters = 16;
#else
constexpr int kLanes = 4;
#define NEARER_EVEN 0, 4, 1, 5
#define NEARER_ODD 2, 6, 3, 7
#define NEARER_LOW 0, 1, 4, 5
#define NEARER_HIGH 2, 3, 6, 7
#if defined(__aarch64__)
constexpr int kRegisters = 32;
#define NEARER_MANY_REGISTERS 1
#else
constexpr int kRegisters = 16;
#endif
#endif

using Vec = float __attribute__((vector_size(kLanes * 4)));
using VecInt = int32_t __attribute__((vector_size(kLanes * 4)));
using Quad = float __attribute__((vector_size(16)));

NEARER_INLINE Vec load(const float* p) {  // p aligned to the vector
  return *reinterpret_cast<const Vec __attribute__((may_alias))*>(p);
}
NEARER_INLINE void store(float* p, Vec v) { *reinterpret_cast<Vec __attribute__((may_alias))*>(p) = v; }
NEARER_INLINE Vec broadcast(float x) { return x - Vec{}; }
NEARER_INLINE Vec minimum(Vec a, Vec b) { return a < b ? a : b; }
NEARER_INLINE Vec maximum(Vec a, Vec b) { return a > b ? a : b; }

// 0, 1, 2, ... a lane.
NEARER_INLINE Vec lane_numbers() {
  Vec v{};
  NEARER_UNROLL for (int i = 0; i < kLanes; i++) v[i] = static_cast<float>(i);
  return v;
}

// {sum of a, sum of b, sum of c, sum of d}: a transposing reduction, two shuffles a sum.
NEARER_INLINE Quad sums(Vec a, Vec b, Vec c, Vec d) {
  const Vec ab = NEARER_SHUFFLE(a, b, NEARER_EVEN) + NEARER_SHUFFLE(a, b, NEARER_ODD);
  const Vec cd = NEARER_SHUFFLE(c, d, NEARER_EVEN) + NEARER_SHUFFLE(c, d, NEARER_ODD);
  const Vec abcd = NEARER_SHUFFLE(ab, cd, NEARER_LOW) + NEARER_SHUFFLE(ab, cd, NEARER_HIGH);
  Quad parts[kLanes / 4];
  std::memcpy(parts, &abcd, sizeof abcd);
  if constexpr (kLanes == 16) return (parts[0] + parts[1]) + (parts[2] + parts[3]);
  if constexpr (kLanes == 8) return parts[0] + parts[kLanes / 8];
  return parts[0];
}

// 1 / x for normal x, relative error below 1e-6.
NEARER_INLINE Vec reciprocal(Vec x) {
#if defined(__AVX512F__)  // a division takes four times as long; rcp14 is the same to the bit on every CPU
  const Vec estimate = (Vec)_mm512_maskz_rcp14_ps(0xFFFF, (__m512)x);
  return estimate * (broadcast(2.0f) - x * estimate);
#else
  return broadcast(1.0f) / x;
#endif
}

// exp(x), relative error below 1e-6; x beyond -30 and 30 is taken as these.
NEARER_INLINE Vec exponential(Vec x) {
  x = minimum(maximum(x, broadcast(-30.0f)), broadcast(30.0f));
  const Vec power = x * broadcast(1.44269504f);  // exp(x) = 2^power
  const Vec magic = broadcast(12582912.0f);      // 1.5 * 2^23: adding it rounds to the nearest integer
  const Vec shifted = power + magic;
  const Vec fraction = power - (shifted - magic);  // in [-1/2, 1/2]
  Vec p = broadcast(1.540353039e-4f);              // Taylor series of 2^fraction
  p = p * fraction + broadcast(1.333355815e-3f);
  p = p * fraction + broadcast(9.618129108e-3f);
  p = p * fraction + broadcast(5.550410866e-2f);
  p = p * fraction + broadcast(2.402265070e-1f);
  p = p * fraction + broadcast(6.931471806e-1f);
  p = p * fraction + broadcast(1.0f);
  const VecInt exponent = ((VecInt)shifted - (VecInt)magic) << 23;
  return (Vec)((VecInt)p + exponent);
}

// 1 / (1 + exp(-x)), relative error below 1e-6; inputs beyond 30 are taken as 30.
NEARER_INLINE Vec sigmoid(Vec x) { return reciprocal(broadcast(1.0f) + exponential(-x)); }

}  // namespace
