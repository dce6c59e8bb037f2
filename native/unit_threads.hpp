// Runs a word-training kernel over a range of units on several threads.
#pragma once

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>
#include <tuple>
#include <vector>

#include "threads.hpp"
#include "word_training.hpp"

namespace nearer {

struct Freer {
  void operator()(void* memory) const { std::free(memory); }
};

inline std::unique_ptr<void, Freer> scratch_memory(int64_t bytes) {
  void* memory = std::aligned_alloc(64, static_cast<size_t>((bytes + 63) / 64 * 64 + 64));
  if (!memory) throw std::bad_alloc();
  return std::unique_ptr<void, Freer>(memory);
}

// Sums of (loss, pairs, tokens) over units [first, last). Threads take units in order from one counter and write
// the matrices without locks (Recht et al. 2011).
inline std::tuple<double, int64_t, int64_t> train_units(TrainUnit train, ScratchBytes scratch_bytes,
                                                        const WordTraining& run, int64_t first, int64_t last,
                                                        int threads) {
  const int64_t bytes = scratch_bytes(run);
  std::vector<std::unique_ptr<void, Freer>> scratch;
  for (int t = 0; t < threads; t++) scratch.push_back(scratch_memory(bytes));
  std::vector<UnitReport> reports(static_cast<size_t>(last > first ? last - first : 0));
  std::atomic<int64_t> next{first};
  run_on_threads(threads, [&](int64_t thread) {
    for (int64_t unit = next++; unit < last; unit = next++)
      reports[static_cast<size_t>(unit - first)] = train(run, unit, scratch[static_cast<size_t>(thread)].get());
  });
  std::tuple<double, int64_t, int64_t> total{0.0, 0, 0};
  for (const UnitReport& report : reports) {
    std::get<0>(total) += report.loss;
    std::get<1>(total) += report.pairs;
    std::get<2>(total) += report.tokens;
  }
  return total;
}

}  // namespace nearer
