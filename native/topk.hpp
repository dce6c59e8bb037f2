// Exact top-k search: a blocked matrix product whose scores go straight into k-best lists.
//
// Lanes are queries: a panel holds kPanelVectors * kLanes of them, dimension by dimension, and stays in the
// first-level cache while rows of the database stream past in their natural layout, kTileRows at a time. The
// products of a tile never leave the registers unless one of them beats its query's threshold (the score of the
// worst of the best so far), which is rare after the first rows. Goto & van de Geijn (2008) give the blocking.
//
// Every score is one chain of multiply-adds over the dimensions in order, whatever the tile, panel or thread;
// equal scores go to the lower row. So the result does not depend on how the work was divided.
#pragma once

#include "simd.hpp"
#include "topk_task.hpp"

#if defined(__SSE__)
#include <immintrin.h>
#endif

namespace {

constexpr int kTileRows = kRegisters == 32 ? 12 : 6;  // times 2 vectors of queries: most registers accumulate
constexpr int64_t kLineFloats = 16;  // floats of a cache line
constexpr int64_t kBlockBytes = 512 * 1024;  // rows that stay in the second-level cache while panels pass

// Hoare's selection: moves the `keep` largest of `values` to the front, the least of them to values[keep - 1].
void select_largest(uint64_t* values, int64_t count, int64_t keep) {
  int64_t low = 0, high = count - 1;
  while (low < high) {
    const uint64_t pivot = values[low + (high - low) / 2];
    int64_t i = low - 1, j = high + 1;
    for (;;) {
      while (values[++i] > pivot) {}
      while (values[--j] < pivot) {}
      if (i >= j) break;
      const uint64_t swapped = values[i];
      values[i] = values[j];
      values[j] = swapped;
    }
    if (j >= keep - 1) high = j;
    else low = j + 1;
  }
}

// Adds one candidate to a query's list; a full list is cut to its best, whose worst is the new threshold.
void add_candidate(const nearer::TopkScan& scan, int64_t query, uint64_t candidate) {
  uint64_t* list = scan.candidates + query * scan.capacity;
  int64_t& count = scan.counts[query];
  list[count++] = candidate;
  if (count < scan.capacity || scan.capacity <= scan.keep) return;
  select_largest(list, count, scan.keep);
  count = scan.keep;
  scan.thresholds[query] = nearer::score_of(list[scan.keep - 1]);
}

// Whether a query may not be given this row.
bool is_excluded(const nearer::TopkScan& scan, int64_t query, int64_t row) {
  if (!scan.excluded_from) return false;
  int64_t low = scan.excluded_from[query], high = scan.excluded_from[query + 1];
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    if (scan.excluded[middle] < row) low = middle + 1;
    else high = middle;
  }
  return low < scan.excluded_from[query + 1] && scan.excluded[low] == row;
}

// Adds the products of `depth` dimensions: scores[r][v] += rows[r][d] * panel[d][v].
template <int R, int V>
NEARER_INLINE void multiply_add(const float* rows, int64_t dim, const float* panel, int64_t depth, Vec (&scores)[R][V]) {
  for (int64_t d = 0; d < depth; d++) {
    Vec query[V];
    NEARER_UNROLL for (int v = 0; v < V; v++) query[v] = load(panel + (d * V + v) * kLanes);
    NEARER_UNROLL for (int r = 0; r < R; r++) {
      const Vec x = broadcast(rows[r * dim + d]);
      NEARER_UNROLL for (int v = 0; v < V; v++) scores[r][v] += x * query[v];
    }
  }
}

// Scores of R rows against one panel, in registers: inner product * scale of the row + offset of the row.
template <int R, int V>
NEARER_INLINE void score_tile(const nearer::TopkScan& scan, int64_t row, const float* panel, Vec (&scores)[R][V]) {
  const int64_t dim = scan.dim;
  const float* rows = scan.rows + row * dim;
  NEARER_UNROLL for (int r = 0; r < R; r++)
    NEARER_UNROLL for (int v = 0; v < V; v++) scores[r][v] = Vec{};
  // A lone panel waits for memory, so it asks for the next tile early; among many panels the rows are in cache.
  const int64_t step = V == 1 ? kLineFloats : dim;
  for (int64_t d = 0; d < dim; d += step) {
    if (V == 1) NEARER_UNROLL for (int r = 0; r < R; r++) __builtin_prefetch(rows + (R + r) * dim + d);
    const int64_t depth = dim - d < step ? dim - d : step;
    multiply_add<R, V>(rows + d, dim, panel + d * V * kLanes, depth, scores);
  }
  NEARER_UNROLL for (int r = 0; r < R; r++) {
    const Vec scale = broadcast(scan.scale[row + r]), offset = broadcast(scan.offset[row + r]);
    NEARER_UNROLL for (int v = 0; v < V; v++) scores[r][v] = scores[r][v] * scale + offset;
  }
}

// One bit a lane of a comparison's result.
NEARER_INLINE uint32_t lane_bits(VecInt mask) {
#if defined(__AVX512DQ__)
  return _mm512_movepi32_mask((__m512i)mask);
#elif defined(__AVX__)
  return (uint32_t)_mm256_movemask_ps((__m256)mask);
#elif defined(__SSE__)
  return (uint32_t)_mm_movemask_ps((__m128)mask);
#else
  uint32_t bits = 0;
  NEARER_UNROLL for (int lane = 0; lane < kLanes; lane++) bits |= ((uint32_t)mask[lane] & 1u) << lane;
  return bits;
#endif
}

// Offers the scores of R rows to the lists of a panel's queries; `first` is the panel's first query.
template <int R, int V>
NEARER_INLINE void offer_tile(const nearer::TopkScan& scan, int64_t row, int64_t first, const Vec (&scores)[R][V]) {
  NEARER_UNROLL for (int v = 0; v < V; v++) {
    const int64_t base = first + v * kLanes;
    const Vec threshold = load(scan.thresholds + base);
    Vec best = threshold;
    NEARER_UNROLL for (int r = 0; r < R; r++) best = maximum(scores[r][v], best);  // NaN never becomes the best
    if (!lane_bits(best > threshold)) continue;
    alignas(64) float spilled[R][kLanes];
    NEARER_UNROLL for (int r = 0; r < R; r++) store(spilled[r], scores[r][v]);
    for (int r = 0; r < R; r++) {
      uint32_t better = lane_bits(load(spilled[r]) > load(scan.thresholds + base));
      for (; better; better &= better - 1) {
        const int lane = __builtin_ctz(better);
        if (is_excluded(scan, base + lane, row + r)) continue;
        add_candidate(scan, base + lane, nearer::candidate_of(spilled[r][lane], row + r));
      }
    }
  }
}

// Rows [first, last) against one panel.
template <int V>
void scan_panel(const nearer::TopkScan& scan, int64_t first, int64_t last, int64_t panel) {
  const float* packed = scan.panels + panel * scan.dim * V * kLanes;
  const int64_t query = panel * V * kLanes;
  int64_t row = first;
  for (; row + kTileRows <= last; row += kTileRows) {
    Vec scores[kTileRows][V];
    score_tile<kTileRows, V>(scan, row, packed, scores);
    offer_tile<kTileRows, V>(scan, row, query, scores);
  }
  for (; row < last; row++) {
    Vec scores[1][V];
    score_tile<1, V>(scan, row, packed, scores);
    offer_tile<1, V>(scan, row, query, scores);
  }
}

// Rows [first, last) against every panel, a cache's worth of rows at a time.
template <int V>
void scan_blocks(const nearer::TopkScan& scan) {
  const int64_t tile_bytes = scan.dim * (int64_t)sizeof(float) * kTileRows;
  const int64_t tiles = kBlockBytes / tile_bytes;
  const int64_t block = kTileRows * (tiles > 0 ? tiles : 1);
  for (int64_t row = scan.first; row < scan.last; row += block) {
    const int64_t end = row + block < scan.last ? row + block : scan.last;
    for (int64_t panel = 0; panel < scan.panel_count; panel++) scan_panel<V>(scan, row, end, panel);
  }
}

void topk_scan(const nearer::TopkScan& scan) {
  if (scan.panel_vectors == 1) scan_blocks<1>(scan);
  else scan_blocks<nearer::kPanelVectors>(scan);
}

// Sum over the dimensions of product(a[d], b[d]) in double precision: eight partial sums, so that every variant
// adds in the same order.
template <class Product>
NEARER_INLINE double sum_in_double(const float* a, const float* b, int64_t dim, Product product) {
  double partial[8] = {};
  int64_t d = 0;
  for (; d + 8 <= dim; d += 8)
    NEARER_UNROLL for (int i = 0; i < 8; i++) partial[i] += product((double)a[d + i], (double)b[d + i]);
  for (int i = 0; d < dim; d++, i++) partial[i] += product((double)a[d], (double)b[d]);
  return ((partial[0] + partial[4]) + (partial[1] + partial[5])) +
         ((partial[2] + partial[6]) + (partial[3] + partial[7]));
}

double dot_in_double(const float* a, const float* b, int64_t dim) {
  return sum_in_double(a, b, dim, [](double x, double y) { return x * y; });
}

double squared_distance_in_double(const float* a, const float* b, int64_t dim) {
  return sum_in_double(a, b, dim, [](double x, double y) { return (x - y) * (x - y); });
}

}  // namespace
