// Runs the word-training kernels over a range of units on several threads.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include "dispatch.hpp"
#include "unit_threads.hpp"

namespace nb = nanobind;

namespace nearer {
namespace {

template <class T, class... Shape>
using Array = nb::ndarray<T, Shape..., nb::c_contig, nb::device::cpu>;

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
        const WordKernel kernel = word_kernel(kernels(variant), cbow, run.paths.longest > 0);
        nb::gil_scoped_release release;
        return train_units(kernel.train, kernel.scratch_bytes, run, first, last, threads);
      },
      nb::arg("variant"), nb::arg("cbow"), nb::arg("tokens").noconvert(), nb::arg("unit_tokens"), nb::arg("keep").noconvert(),
      nb::arg("noise").noconvert(), nb::arg("input").noconvert(), nb::arg("output").noconvert(), nb::arg("window"), nb::arg("negative"),
      nb::arg("shared"), nb::arg("learning_rate"), nb::arg("least_learning_rate"), nb::arg("planned_units"),
      nb::arg("seed"), nb::arg("path_offsets").noconvert(), nb::arg("path_nodes").noconvert(),
      nb::arg("path_bits").noconvert(), nb::arg("longest_path"), nb::arg("first"), nb::arg("last"), nb::arg("threads"));
}

}  // namespace nearer
