// Co-occurrence counting: for each word, how often which words stand in its windows, by distance.
//
// A row is counted at a time, as in a sparse matrix product by rows (Gustavson 1978): the word's occurrences are
// known from grouping the text by word, and its windows are added into an accumulator with a cell a word, which
// stays in cache. Nothing is sorted or hashed, and rows come out in order with their columns in order. Weights
// are whole numbers (fixed point), so that a sum does not depend on the order or the grouping of its terms.
#pragma once

#include <cstdint>

#include "pages.hpp"

namespace nearer {

// A text and the windows on it.
struct Windows {
  const uint32_t* tokens;  // word ids in reading order; bit 31 marks the first token of a line
  int64_t token_count;
  uint32_t vocabulary;
  const uint64_t* weights;  // weights[d - 1]: what a context at distance d adds
  int64_t window;           // largest distance
  bool both_sides;          // contexts on both sides of a word, or on its left only
};

// Cells of consecutive rows, by row and column.
struct CountedRows {
  PagedVector<int64_t> lengths;  // cells of each row
  PagedVector<int32_t> columns;
  PagedVector<uint64_t> weights;
};

// Rows counted before, one piece of the text after another; each piece has a cell range for every row.
struct CountedPieces {
  const int64_t* starts;  // (pieces, vocabulary + 1): where the rows of each piece begin
  int64_t pieces;
  uint32_t vocabulary;
  const int32_t* columns;
  const uint64_t* weights;
};

// Where each word stands in tokens [begin, end): fills starts (vocabulary + 1) and positions (end - begin), the
// positions relative to `begin`.
void group_positions(const uint32_t* tokens, int64_t begin, int64_t end, uint32_t vocabulary, int64_t* starts,
                     uint32_t* positions);

// Counts rows [first, last) at the grouped positions; contexts may lie outside the grouped range.
CountedRows count_rows(const Windows& windows, const int64_t* starts, const uint32_t* positions, int64_t begin,
                       uint32_t first, uint32_t last);

// Adds up rows [first, last) of several pieces.
CountedRows merge_rows(const CountedPieces& pieces, uint32_t first, uint32_t last);

}  // namespace nearer
