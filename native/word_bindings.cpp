// Runs the word-training kernels over a range of units on several threads.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>
#include <tuple>
#include <vector>

#include "dispatch.hpp"
#include "threads.hpp"

namespace nb = nanobind;

namespace nearer {
namespace {

template <class T, class... Shape>
using Array = nb::ndarray<T, Shape..., nb::c_contig, nb::device::cpu>;

struct Freer {
  void operator()(void* memory) const { std::free(memory); }
};

std::unique_ptr<void, Freer> scratch_memory(int64_t bytes) {
  void* memory = std::aligned_alloc(64, static_cast<size_t>((bytes + 63) / 64 * 64 + 64));
  if (!memory) throw std::bad_alloc();
  return std::unique_ptr<void, Freer>(memory);
}

// The kernel of an architecture and an objective, and the scratch memory it needs.
struct WordKernel {
  TrainUnit train;
  ScratchBytes scratch_bytes;
};

WordKernel word_kernel(const Kernels& table, bool cbow, bool hierarchical) {
  if (hierarchical)
    return cbow ? WordKernel{table.train_cbow_paths, table.cbow_paths_scratch}
                : WordKernel{table.train_skipgram_paths, table.skipgram_paths_scratch};
  return cbow ? WordKernel{table.train_cbow, table.cbow_scratch}
              : WordKernel{table.train_skipgram, table.skipgram_scratch};
}

// Threads take units in order from one counter and write both matrices without locks (Recht et al. 2011).
std::tuple<double, int64_t, int64_t> train_units(const std::string& variant, bool cbow,
                                                 const WordTraining& run, int64_t first, int64_t last,
                                                 int threads) {
  const WordKernel kernel = word_kernel(kernels(variant), cbow, run.paths.longest > 0);
  const int64_t bytes = kernel.scratch_bytes(run);
  std::vector<std::unique_ptr<void, Freer>> scratch;
  for (int t = 0; t < threads; t++) scratch.push_back(scratch_memory(bytes));
  std::vector<UnitReport> reports(static_cast<size_t>(last > first ? last - first : 0));
  std::atomic<int64_t> next{first};
  run_on_threads(threads, [&](int64_t thread) {
    for (int64_t unit = next++; unit < last; unit = next++)
      reports[static_cast<size_t>(unit - first)] =
          kernel.train(run, unit, scratch[static_cast<size_t>(thread)].get());
  });
  std::tuple<double, int64_t, int64_t> total{0.0, 0, 0};
  for (const UnitReport& report : reports) {
    std::get<0>(total) += report.loss;
    std::get<1>(total) += report.pairs;
    std::get<2>(total) += report.tokens;
  }
  return total;
}

}  // namespace

void bind_word_training(nb::module_& m) {
  m.def(
      "train_words",
      [](const std::string& variant, bool cbow, Array<const uint32_t, nb::ndim<1>> tokens, int64_t unit_tokens,
         Array<const uint32_t, nb::ndim<1>> keep, Array<const uint32_t, nb::shape<-1, 2>> noise,
         Array<float, nb::ndim<2>> input, Array<float, nb::ndim<2>> output, int window, int negative,
         int shared, float learning_rate, float least_learning_rate, int64_t planned_units, uint64_t seed,
         Array<const int64_t, nb::ndim<1>> path_offsets, Array<const uint32_t, nb::ndim<1>> path_nodes,
         Array<const uint8_t, nb::ndim<1>> path_bits, int longest_path, int64_t first, int64_t last, int threads) {
        const WordTraining run{tokens.data(),
                               static_cast<int64_t>(tokens.shape(0)),
                               unit_tokens,
                               keep.data(),
                               noise.data(),
                               static_cast<uint32_t>(input.shape(0)),
                               input.data(),
                               output.data(),
                               static_cast<int>(input.shape(1)),
                               window,
                               negative,
                               shared,
                               learning_rate,
                               least_learning_rate,
                               planned_units,
                               seed,
                               {path_offsets.data(), path_nodes.data(), path_bits.data(), longest_path}};
        nb::gil_scoped_release release;
        return train_units(variant, cbow, run, first, last, threads);
      },
      nb::arg("variant"), nb::arg("cbow"), nb::arg("tokens").noconvert(), nb::arg("unit_tokens"), nb::arg("keep").noconvert(),
      nb::arg("noise").noconvert(), nb::arg("input").noconvert(), nb::arg("output").noconvert(), nb::arg("window"), nb::arg("negative"),
      nb::arg("shared"), nb::arg("learning_rate"), nb::arg("least_learning_rate"), nb::arg("planned_units"),
      nb::arg("seed"), nb::arg("path_offsets").noconvert(), nb::arg("path_nodes").noconvert(),
      nb::arg("path_bits").noconvert(), nb::arg("longest_path"), nb::arg("first"), nb::arg("last"), nb::arg("threads"));
}

}  // namespace nearer
