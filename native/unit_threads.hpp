// Ranges of work, cut into units, on several threads with scratch memory of their own.
#pragma once

#include <atomic>
#include <cstdint>
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
using Scratch = std::unique_ptr<void, Freer>;

inline Scratch scratch_memory(int64_t bytes) {
  void* memory = std::aligned_alloc(64, static_cast<size_t>((bytes + 63) / 64 * 64 + 64));
  if (!memory) throw std::bad_alloc();
  return Scratch(memory);
}

// Calls work(unit, scratch) for every unit of [first, last); threads take units in order from one counter.
template <class Work>
void each_unit(int64_t first, int64_t last, int threads, int64_t scratch_bytes, const Work& work) {
  std::vector<Scratch> scratch;
  for (int t = 0; t < threads; t++) scratch.push_back(scratch_memory(scratch_bytes));
  std::atomic<int64_t> next{first};
  run_on_threads(threads, [&](int64_t thread) {
    for (int64_t unit = next++; unit < last; unit = next++) work(unit, scratch[static_cast<size_t>(thread)].get());
  });
}

// The reports of train(unit, scratch) for every unit, added up in the order of the units: loss, pairs, tokens.
template <class Train>
std::tuple<double, int64_t, int64_t> train_each_unit(int64_t first, int64_t last, int threads,
                                                     int64_t scratch_bytes, const Train& train) {
  std::vector<UnitReport> reports(static_cast<size_t>(last > first ? last - first : 0));
  each_unit(first, last, threads, scratch_bytes, [&](int64_t unit, void* scratch) {
    reports[static_cast<size_t>(unit - first)] = train(unit, scratch);
  });
  std::tuple<double, int64_t, int64_t> total{0.0, 0, 0};
  for (const UnitReport& report : reports) {
    std::get<0>(total) += report.loss;
    std::get<1>(total) += report.pairs;
    std::get<2>(total) += report.tokens;
  }
  return total;
}

// The same for a word-training kernel.
inline std::tuple<double, int64_t, int64_t> train_units(TrainUnit train, ScratchBytes scratch_bytes,
                                                        const WordTraining& run, int64_t first, int64_t last,
                                                        int threads) {
  return train_each_unit(first, last, threads, scratch_bytes(run),
                         [&](int64_t unit, void* scratch) { return train(run, unit, scratch); });
}

}  // namespace nearer
