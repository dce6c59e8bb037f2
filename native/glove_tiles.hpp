// Cutting co-occurrences into tiles (glove_training.hpp).
#pragma once

#include <cstdint>
#include <vector>

#include "glove_training.hpp"

namespace nearer {

// Co-occurrences as sparse rows (CSR).
struct SparseRows {
  const int64_t* starts;  // rows + 1
  const int32_t* columns;  // rising in each row
  const float* weights;
  int64_t rows;
};

// Tiles of `width` columns and as many rows as hold at most `most_cells` cells; ordered by column, then by row.
std::vector<GloveTile> cut_tiles(const SparseRows& counts, int64_t width, int64_t most_cells);

// Where filling stands in a block of columns: the tile under way, and its next cell.
struct TileCursor {
  int64_t tile;
  int64_t cell;
};

// Puts the co-occurrences of rows [first, last) where the tiles have them; a cursor a block of columns goes from
// the first tile of the block to the last as the rows are filled in order.
void fill_tiles(const SparseRows& counts, int64_t width, int64_t first, int64_t last, const GloveTile* tiles,
                TileCursor* cursors, GloveCell* cells);

}  // namespace nearer
