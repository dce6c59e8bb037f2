// Runs the BPR kernel over units of users on several threads.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include <algorithm>

#include "dispatch.hpp"
#include "unit_threads.hpp"

namespace nb = nanobind;

namespace nearer {
namespace {

template <class T, class... Shape>
using Array = nb::ndarray<T, Shape..., nb::c_contig, nb::device::cpu>;

}  // namespace

void bind_bpr(nb::module_& m) {
  m.def(
      "train_bpr",
      [](const std::string& variant, Array<const int64_t, nb::ndim<1>> indptr,
         Array<const uint32_t, nb::ndim<1>> indices, Array<const int64_t, nb::ndim<1>> units, bool popular,
         Array<float, nb::ndim<2>> users, Array<float, nb::ndim<2>> items, Array<float, nb::ndim<1>> biases,
         float learning_rate, float least_learning_rate, float regularization, int64_t planned_units, uint64_t seed,
         Array<const int64_t, nb::ndim<1>> order, int64_t first_turn, int threads) {
        const uint32_t item_count = static_cast<uint32_t>(items.shape(0));
        BprTraining run{indptr.data(),
                        indices.data(),
                        units.data(),
                        0,
                        0,
                        popular ? indices.data() : nullptr,
                        popular ? static_cast<uint32_t>(indices.shape(0)) : item_count,
                        item_count,
                        users.data(),
                        items.data(),
                        biases.data(),
                        static_cast<int>(items.shape(1)),
                        learning_rate,
                        least_learning_rate,
                        regularization,
                        planned_units,
                        seed};
        for (size_t unit = 0; unit + 1 < units.shape(0); unit++) {
          const int64_t begin = units.data()[unit], end = units.data()[unit + 1];
          run.most_users = std::max(run.most_users, end - begin);
          run.most_entries = std::max(run.most_entries, indptr.data()[end] - indptr.data()[begin]);
        }
        const BprKernels& bpr = kernels(variant).bpr;
        nb::gil_scoped_release release;
        // Threads write the rows of items without locks (Recht et al. 2011).
        return train_each_unit(0, static_cast<int64_t>(order.shape(0)), threads, bpr.scratch(run),
                               [&, turns = order.data()](int64_t i, void* scratch) {
                                 return bpr.train(run, turns[i], first_turn + i, scratch);
                               });
      },
      nb::arg("variant"), nb::arg("indptr").noconvert(), nb::arg("indices").noconvert(), nb::arg("units").noconvert(),
      nb::arg("popular"), nb::arg("users").noconvert(), nb::arg("items").noconvert(), nb::arg("biases").noconvert(),
      nb::arg("learning_rate"), nb::arg("least_learning_rate"), nb::arg("regularization"), nb::arg("planned_units"),
      nb::arg("seed"), nb::arg("order").noconvert(), nb::arg("first_turn"), nb::arg("threads"));
}

}  // namespace nearer
