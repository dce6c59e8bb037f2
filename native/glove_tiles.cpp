#include "glove_tiles.hpp"

#include <cmath>

namespace nearer {
namespace {

constexpr int64_t kMostRows = 1 << 16;  // in a tile: what GloveCell::row can hold

// Calls visit(row, block, begin, end) for the cells [begin, end) of each row in each block of columns.
template <class Visit>
void for_each_piece(const SparseRows& counts, int64_t width, int64_t first, int64_t last, const Visit& visit) {
  for (int64_t row = first; row < last; row++) {
    int64_t begin = counts.starts[row];
    while (begin < counts.starts[row + 1]) {
      const int64_t block = counts.columns[begin] / width;
      int64_t end = begin + 1;
      while (end < counts.starts[row + 1] && counts.columns[end] < (block + 1) * width) end++;
      visit(row, block, begin, end);
      begin = end;
    }
  }
}

}  // namespace

std::vector<GloveTile> cut_tiles(const SparseRows& counts, int64_t width, int64_t most_cells) {
  const int64_t blocks = (counts.rows + width - 1) / width;
  std::vector<std::vector<GloveTile>> tiles(static_cast<size_t>(blocks));  // begin 0, end: number of cells
  for_each_piece(counts, width, 0, counts.rows, [&](int64_t row, int64_t block, int64_t begin, int64_t end) {
    auto& column = tiles[static_cast<size_t>(block)];
    if (column.empty() || column.back().end + end - begin > most_cells || row - column.back().first_row >= kMostRows)
      column.push_back({0, 0, row, block * width});
    column.back().end += end - begin;
  });
  std::vector<GloveTile> all;
  int64_t cells = 0;
  for (const auto& column : tiles)
    for (const GloveTile& tile : column) {
      all.push_back({cells, cells + tile.end, tile.first_row, tile.first_column});
      cells += tile.end;
    }
  return all;
}

void fill_tiles(const SparseRows& counts, int64_t width, int64_t first, int64_t last, const GloveTile* tiles,
                TileCursor* cursors, GloveCell* cells) {
  for_each_piece(counts, width, first, last, [&](int64_t row, int64_t block, int64_t begin, int64_t end) {
    TileCursor& cursor = cursors[block];
    if (cursor.cell == tiles[cursor.tile].end) cursor.tile++;
    const GloveTile& tile = tiles[cursor.tile];
    for (int64_t i = begin; i < end; i++)
      cells[cursor.cell++] = {static_cast<uint16_t>(row - tile.first_row),
                              static_cast<uint16_t>(counts.columns[i] - tile.first_column),
                              std::log(counts.weights[i])};
  });
}

}  // namespace nearer
