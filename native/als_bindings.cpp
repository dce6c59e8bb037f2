// Runs the ALS kernel over the units of a half-sweep, and sums Gram matrices, on several threads.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include <algorithm>
#include <vector>

#include "dispatch.hpp"
#include "unit_threads.hpp"

namespace nb = nanobind;

namespace nearer {
namespace {

template <class T, class... Shape>
using Array = nb::ndarray<T, Shape..., nb::c_contig, nb::device::cpu>;

constexpr int64_t kGramParts = 16;        // the rows are summed in so many parts, whatever the threads
constexpr int64_t kFewestGramRows = 1024; // of a part

// gram = sum of y y^T over the rows: the same bits whatever the number of threads.
void sum_gram(const std::string& variant, Array<const float, nb::ndim<2>> rows, Array<float, nb::ndim<2>> gram,
              int threads) {
  const int64_t count = static_cast<int64_t>(rows.shape(0)), stride = static_cast<int64_t>(rows.shape(1));
  const int64_t parts = std::clamp<int64_t>(count / kFewestGramRows, 1, kGramParts), size = stride * stride;
  const AddGram add = kernels(variant).als.add_gram;
  nb::gil_scoped_release release;
  std::vector<double> totals(static_cast<size_t>(parts * size));
  each_unit(0, parts, threads, size * static_cast<int64_t>(sizeof(float)), [&](int64_t part, void* scratch) {
    add(rows.data(), count * part / parts, count * (part + 1) / parts, static_cast<int>(stride),
        static_cast<float*>(scratch), totals.data() + part * size);
  });
  for (int64_t i = 0; i < stride; i++)
    for (int64_t j = i; j < stride; j++) {
      double sum = 0;
      for (int64_t part = 0; part < parts; part++) sum += totals[static_cast<size_t>(part * size + i * stride + j)];
      gram.data()[i * stride + j] = gram.data()[j * stride + i] = static_cast<float>(sum);
    }
}

}  // namespace

void bind_als(nb::module_& m) {
  m.def("als_gram", &sum_gram, nb::arg("variant"), nb::arg("rows").noconvert(), nb::arg("gram").noconvert(),
        nb::arg("threads"));
  m.def(
      "als_solve",
      [](const std::string& variant, Array<const int64_t, nb::ndim<1>> indptr,
         Array<const uint32_t, nb::ndim<1>> indices, Array<const float, nb::ndim<1>> weights,
         Array<const float, nb::ndim<2>> fixed, Array<float, nb::ndim<2>> solved, Array<const float, nb::ndim<2>> gram,
         Array<const float, nb::ndim<1>> regularization, int dim, float alpha, int cg_steps, int64_t first,
         int64_t last, int threads) {
        const AlsHalf half{indptr.data(),
                           indices.data(),
                           weights.data(),
                           fixed.data(),
                           solved.data(),
                           gram.data(),
                           regularization.data(),
                           static_cast<int64_t>(solved.shape(0)),
                           dim,
                           static_cast<int>(solved.shape(1)),
                           alpha,
                           cg_steps};
        const AlsKernels& als = kernels(variant).als;
        nb::gil_scoped_release release;
        return train_each_unit(first, last, threads, als.scratch(half),
                               [&](int64_t unit, void* scratch) { return als.solve(half, unit, scratch); });
      },
      nb::arg("variant"), nb::arg("indptr").noconvert(), nb::arg("indices").noconvert(),
      nb::arg("weights").noconvert(), nb::arg("fixed").noconvert(), nb::arg("solved").noconvert(),
      nb::arg("gram").noconvert(), nb::arg("regularization").noconvert(), nb::arg("dim"), nb::arg("alpha"),
      nb::arg("cg_steps"), nb::arg("first"), nb::arg("last"), nb::arg("threads"));
}

}  // namespace nearer
