// The vector type of the CPU variant being compiled, and the few operations the kernels need.
//
// Built on the compilers' vector extensions: one source becomes AVX-512, AVX2, SSE2 or NEON code by the flags
// it is compiled with. Everything is in an unnamed namespace, so that no variant shares code with another.
#pragma once

#include <cstdint>
#include <cstring>

#define NEARER_INLINE inline __attribute__((always_inline))
#define NEARER_UNROLL _Pragma("GCC unroll 32")

namespace {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif

using Vec = float __attribute__((vector_size(kLanes * 4)));
using VecInt = int32_t __attribute__((vector_size(kLanes * 4)));

NEARER_INLINE Vec load(const float* p) {  // p aligned to the vector
  return *reinterpret_cast<const Vec __attribute__((may_alias))*>(p);
}
NEARER_INLINE void store(float* p, Vec v) { *reinterpret_cast<Vec __attribute__((may_alias))*>(p) = v; }
NEARER_INLINE Vec load_unaligned(const float* p) {
  Vec v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
NEARER_INLINE void store_unaligned(float* p, Vec v) { std::memcpy(p, &v, sizeof v); }
NEARER_INLINE Vec broadcast(float x) { return x - Vec{}; }
NEARER_INLINE Vec zero() { return Vec{}; }
NEARER_INLINE Vec select(VecInt mask, Vec yes, Vec no) {
  return (Vec)((mask & (VecInt)yes) | (~mask & (VecInt)no));
}
NEARER_INLINE Vec minimum(Vec a, Vec b) { return a < b ? a : b; }
NEARER_INLINE Vec maximum(Vec a, Vec b) { return a > b ? a : b; }

// Sum of the lanes of v.
NEARER_INLINE float sum(Vec v) {
  float parts[kLanes];
  std::memcpy(parts, &v, sizeof v);
  for (int half = kLanes / 2; half > 0; half /= 2)
    NEARER_UNROLL for (int i = 0; i < half; i++) parts[i] += parts[i + half];
  return parts[0];
}

}  // namespace
