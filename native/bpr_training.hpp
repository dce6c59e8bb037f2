// What the BPR kernel (bpr.hpp) is given.
#pragma once

#include <cstdint>

#include "word_training.hpp"

namespace nearer {

// One training run. Unit n trains the users [units[n], units[n + 1]), each of their entries once: a user is in one
// unit only, so only rows of items are written by two threads.
struct BprTraining {
  const int64_t* indptr;      // users + 1
  const uint32_t* indices;    // the item of each entry; distinct within a user
  const int64_t* units;       // users at which units begin, and where the last one ends
  int64_t most_users;         // of a unit
  int64_t most_entries;
  const uint32_t* pool;       // negatives are drawn from here; null: every item as often as any other
  uint32_t pool_size;         // of the pool; without one, the number of items
  uint32_t items;
  float* user_rows;           // (users, stride)
  float* item_rows;           // (items, stride)
  float* biases;              // (items)
  int stride;
  float learning_rate;        // at the start
  float least_learning_rate;  // where the linear decay ends
  float regularization;
  int64_t planned_units;      // where the decay ends
  uint64_t seed;
};

// Trains unit `unit` as the `turn`-th of the run, which decides its random stream and learning rate; the report has
// -log s(x_ui - x_uj) summed over measured samples, their number, and the entries read.
using TrainBpr = UnitReport (*)(const BprTraining&, int64_t unit, int64_t turn, void* scratch);
using BprScratchBytes = int64_t (*)(const BprTraining&);

struct BprKernels {
  TrainBpr train;
  BprScratchBytes scratch;
};

}  // namespace nearer
