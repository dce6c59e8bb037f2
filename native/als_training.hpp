// What the ALS kernel (als.hpp) is given: one half-sweep, which solves every row of one side for the other side fixed.
#pragma once

#include <cstdint>

#include "word_training.hpp"

namespace nearer {

constexpr int64_t kAlsUnitRows = 128;  // rows of a unit of work

// For each row u of the solved side, the x that makes least (Hu, Koren and Volinsky 2008)
//   sum over all rows y_i of the fixed side of c_ui (p_ui - x.y_i)^2 + regularization_u |x|^2,
// where c = 1 + alpha r and p = 1 for the entries r of row u, and c = 1 and p = 0 elsewhere.
struct AlsHalf {
  const int64_t* indptr;        // rows + 1
  const uint32_t* indices;      // rows of the fixed side
  const float* weights;         // r of each entry
  const float* fixed;           // (fixed rows, stride)
  float* solved;                // (rows, stride): where conjugate gradient starts
  const float* gram;            // (stride, stride): sum over the fixed side of y y^T
  const float* regularization;  // of each row
  int64_t rows;
  int dim;
  int stride;
  float alpha;
  int cg_steps;                 // of conjugate gradient; 0: Cholesky factorisation
};

// Solves the rows of one unit; the loss is what they add to the sum above, its pairs and tokens are their entries.
using SolveUnit = UnitReport (*)(const AlsHalf&, int64_t unit, void* scratch);
using AlsScratchBytes = int64_t (*)(const AlsHalf&);
// Adds the sum of y y^T over rows [first, last) to `total` (stride, stride); `part` is scratch of the same size.
using AddGram = void (*)(const float* rows, int64_t first, int64_t last, int stride, float* part, double* total);

struct AlsKernels {
  SolveUnit solve;
  AlsScratchBytes scratch;
  AddGram add_gram;
};

}  // namespace nearer
