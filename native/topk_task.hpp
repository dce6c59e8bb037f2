// What the top-k kernel takes: shared by the variants (native/topk.hpp) and their caller (native/topk_bindings.cpp).
#pragma once

#include <cstdint>
#include <cstring>

namespace nearer {

constexpr int kPanelVectors = 2;  // vectors of queries in a panel, where there are queries to fill them

// One piece of a search: some rows of the database against some panels of queries.
struct TopkScan {
  const float* rows;    // the whole database (n, dim), C order
  int64_t dim;
  int64_t first, last;  // the rows of this piece
  const float* scale;   // (n): what a row's inner products are multiplied by
  const float* offset;  // (n): what is added then
  const float* panels;  // (panel_count, dim, panel_vectors * lanes), aligned to 64 bytes
  int64_t panel_count;
  int panel_vectors;      // 1 or kPanelVectors
  int64_t keep;           // candidates wanted a query
  int64_t capacity;       // room for candidates a query: more than `keep`, or all the rows of the piece
  uint64_t* candidates;   // (panel_count * panel_vectors * lanes, capacity)
  int64_t* counts;        // candidates a query has so far, 0 at first
  float* thresholds;      // scores a query's next candidate must beat, aligned to 64 bytes
  const int64_t* excluded_from;  // null, or (queries + 1): a query's excluded rows are the range
  const uint32_t* excluded;      // excluded[excluded_from[q]] ..., rising
};

struct TopkKernels {
  int lanes;  // queries in one vector
  void (*scan)(const TopkScan&);
  double (*dot)(const float* a, const float* b, int64_t dim);
  double (*squared_distance)(const float* a, const float* b, int64_t dim);
};

// A score as an integer of the same order, above its row's complement: larger is better, ties to the lower row.
// Internal to each object (static), so that no variant's code serves another.
static inline __attribute__((always_inline)) uint64_t candidate_of(float score, int64_t row) {
  uint32_t bits;
  score += 0.0f;  // -0 becomes +0: they are equal
  std::memcpy(&bits, &score, sizeof bits);
  bits = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
  return (uint64_t)bits << 32 | (uint32_t)~(uint32_t)row;
}

static inline __attribute__((always_inline)) float score_of(uint64_t candidate) {
  uint32_t bits = (uint32_t)(candidate >> 32);
  bits = bits & 0x80000000u ? bits ^ 0x80000000u : ~bits;
  float score;
  std::memcpy(&score, &bits, sizeof score);
  return score;
}

static inline __attribute__((always_inline)) int64_t row_of(uint64_t candidate) {
  return (int64_t)(uint32_t)~(uint32_t)candidate;
}

}  // namespace nearer
