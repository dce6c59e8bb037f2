// A plan of walks together with the arrays it points into, as Python holds it.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <algorithm>
#include <atomic>

#include "threads.hpp"
#include "walks.hpp"
#include "word_training.hpp"

namespace nearer {

template <class T>
using Values = nanobind::ndarray<const T, nanobind::ndim<1>, nanobind::c_contig, nanobind::device::cpu>;
using Slots = nanobind::ndarray<const uint32_t, nanobind::shape<-1, 2>, nanobind::c_contig, nanobind::device::cpu>;

// Arrays that are not needed are empty.
struct WalkSource {
  Values<int64_t> indptr;
  Values<uint32_t> indices;
  Values<float> weights;
  Slots alias;
  Values<float> totals;
  Values<uint32_t> order;
  Values<float> usual;
  Values<uint16_t> types, metapath;
  WalkPlan plan;

  WalkSource(Values<int64_t> p, Values<uint32_t> i, Values<float> w, Slots a, Values<float> t, Values<uint32_t> o,
             int64_t walks, int64_t length, float back, float out, Values<float> u, Values<uint16_t> kinds,
             Values<uint16_t> path, uint64_t seed, int64_t walks_a_unit)
      : indptr(p), indices(i), weights(w), alias(a), totals(t), order(o), usual(u), types(kinds), metapath(path) {
    const bool weighted = weights.shape(0) > 0;
    plan.graph = {indptr.data(),
                  indices.data(),
                  weighted ? weights.data() : nullptr,
                  weighted ? alias.data() : nullptr,
                  weighted ? totals.data() : nullptr,
                  static_cast<int64_t>(indptr.shape(0)) - 1};
    plan.order = order.data();
    plan.starts = static_cast<int64_t>(order.shape(0));
    plan.walks = walks;
    plan.length = length;
    plan.back = back;
    plan.out = out;
    plan.usual = usual.shape(0) > 0 ? usual.data() : nullptr;
    plan.types = types.shape(0) > 0 ? types.data() : nullptr;
    plan.metapath = metapath.data();
    plan.steps = static_cast<int64_t>(metapath.shape(0));
    plan.seed = seed;
    plan.walks_a_unit = walks_a_unit;
  }

  TokenSource tokens() const { return {fill_unit, &plan}; }
};

// Runs work(walk) for every walk of [first, last) on several threads.
template <class Work>
void each_walk(int64_t first, int64_t last, int64_t threads, const Work& work) {
  std::atomic<int64_t> next{first};
  run_on_threads(threads, [&](int64_t) {
    for (int64_t walk = next++; walk < last; walk = next++) work(walk);
  });
}

}  // namespace nearer
