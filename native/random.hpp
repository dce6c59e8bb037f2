// Random numbers for the kernels: a counter-based generator, so that any unit of work can start its own stream.
#pragma once

#include <cstdint>

namespace {

// One 64-bit stream: a Weyl sequence finished by a 128-bit multiplication (the construction of wyrand, Wang Yi).
struct Random {
  uint64_t state;

  // A stream for (seed, stream); neighbouring seeds and streams are unrelated.
  static Random of(uint64_t seed, uint64_t stream) {
    Random random{seed * 0x9E3779B97F4A7C15ull};
    random.state = random.next() ^ (stream * 0xD1B54A32D192ED03ull);
    random.state = random.next();
    return random;
  }

  uint64_t next() {
    state += 0xA0761D6478BD642Full;
    const unsigned __int128 product = static_cast<unsigned __int128>(state) * (state ^ 0xE7037ED1A0B428DBull);
    return static_cast<uint64_t>(product >> 64) ^ static_cast<uint64_t>(product);
  }
};

// A number below `bound` from 32 random bits (Lemire's multiplication; bias below bound / 2^32).
inline uint32_t below(uint32_t bits, uint32_t bound) {
  return static_cast<uint32_t>((static_cast<uint64_t>(bits) * bound) >> 32);
}

// A slot of Walker's alias table: take `slot` itself if 32 random bits fall below `threshold`, else `alias`.
struct AliasSlot {
  uint32_t threshold;
  uint32_t alias;
};

inline uint32_t draw(const AliasSlot* table, uint32_t size, Random& random) {
  const uint64_t bits = random.next();
  const uint32_t slot = below(static_cast<uint32_t>(bits >> 32), size);
  return static_cast<uint32_t>(bits) < table[slot].threshold ? slot : table[slot].alias;
}

}  // namespace
