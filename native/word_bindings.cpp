// Runs the word-training kernels over a range of units on several threads.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include "dispatch.hpp"
#include "unit_threads.hpp"
#include "walk_source.hpp"
#include "word_run.hpp"

namespace nb = nanobind;

namespace nearer {
namespace {

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
      [](const std::string& variant, bool cbow, Ids tokens, int64_t unit_tokens, Ids keep, Table noise, Matrix input,
         Matrix output, int window, int negative, int shared, float learning_rate, float least_learning_rate,
         int64_t planned_units, uint64_t seed, Offsets path_offsets, Ids path_nodes, Bits path_bits, int longest_path,
         int64_t first, int64_t last, int threads, const WalkSource* source) {
        const WordPaths paths{path_offsets.data(), path_nodes.data(), path_bits.data(), longest_path};
        WordTraining run =
            word_training(tokens, unit_tokens, keep, noise, input, output, window, negative, shared, learning_rate,
                          least_learning_rate, planned_units, seed, paths);
        if (source) run.source = source->tokens();
        const WordKernel kernel = word_kernel(kernels(variant), cbow, longest_path > 0);
        nb::gil_scoped_release release;
        return train_units(kernel.train, kernel.scratch_bytes, run, first, last, threads);
      },
      nb::arg("variant"), nb::arg("cbow"), nb::arg("tokens").noconvert(), nb::arg("unit_tokens"), nb::arg("keep").noconvert(),
      nb::arg("noise").noconvert(), nb::arg("input").noconvert(), nb::arg("output").noconvert(), nb::arg("window"), nb::arg("negative"),
      nb::arg("shared"), nb::arg("learning_rate"), nb::arg("least_learning_rate"), nb::arg("planned_units"),
      nb::arg("seed"), nb::arg("path_offsets").noconvert(), nb::arg("path_nodes").noconvert(),
      nb::arg("path_bits").noconvert(), nb::arg("longest_path"), nb::arg("first"), nb::arg("last"), nb::arg("threads"),
      nb::arg("source").none());
}

}  // namespace nearer
