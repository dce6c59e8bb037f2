// What the GloVe kernel (glove.hpp) is given.
#pragma once

#include <cstdint>

#include "word_training.hpp"

namespace nearer {

// A co-occurrence of a tile: row and column from the tile's first, and the logarithm of its weight.
struct GloveCell {
  uint16_t row;
  uint16_t column;
  float log_weight;
};

// A tile of the co-occurrence matrix: cells of neighbouring rows and of so few columns that their vectors stay in
// cache. Cells are ordered by row, so that a row is read and written once for all its cells.
struct GloveTile {
  int64_t begin;  // cells [begin, end) of the run
  int64_t end;
  int64_t first_row;
  int64_t first_column;
};

// One training run. Each matrix has a row of 2 * stride floats a word: `stride` parameters, then their AdaGrad
// sums. Parameters are the vector, the bias and a constant 1, the last two in the other order in contexts, so that
// one dot product is w.c + b + b'; the sum of a constant is so large that it never moves.
struct GloveTraining {
  const GloveCell* cells;
  const GloveTile* tiles;
  float* words;
  float* contexts;
  int stride;
  float learning_rate;
  float log_most;  // log of x_max, the weight from which a cell counts in full
  float alpha;     // exponent of the weighting below it
};

// Trains the cells of one tile; the report's loss is the sum of f(X) (w.c + b + b' - log X)^2 before each step.
using TrainTile = UnitReport (*)(const GloveTraining&, int64_t tile);

}  // namespace nearer
