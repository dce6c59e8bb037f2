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

}  // namespace

void bind_word_training(nb::module_& m) {
  m.def(
      "train_words",
      [](const std::string& variant, bool cbow, Array<const uint32_t, nb::ndim<1>> tokens, int64_t unit_tokens,
         Array<const uint32_t, nb::ndim<1>> keep, Array<const uint32_t, nb::shape<-1, 2>> noise,
         Array<float, nb::ndim<2>> input, Array<float, nb::ndim<2>> output, int window, int negative,
         int shared, float learning_rate, float least_learning_rate, int64_t planned_units, uint64_t seed,
         int64_t first, int64_t last, int threads) {
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
                               seed};
        const Kernels& table = kernels(variant);
        nb::gil_scoped_release release;
        return train_units(cbow ? table.train_cbow : table.train_skipgram,
                           cbow ? table.cbow_scratch : table.skipgram_scratch, run, first, last, threads);
      },
      nb::arg("variant"), nb::arg("cbow"), nb::arg("tokens").noconvert(), nb::arg("unit_tokens"), nb::arg("keep").noconvert(),
      nb::arg("noise").noconvert(), nb::arg("input").noconvert(), nb::arg("output").noconvert(), nb::arg("window"), nb::arg("negative"),
      nb::arg("shared"), nb::arg("learning_rate"), nb::arg("least_learning_rate"), nb::arg("planned_units"),
      nb::arg("seed"), nb::arg("first"), nb::arg("last"), nb::arg("threads"));
}

}  // namespace nearer
