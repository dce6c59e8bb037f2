// Random walks over the arrays that Python hands over; a plan keeps them alive.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include "walk_source.hpp"

namespace nb = nanobind;

namespace nearer {
namespace {

template <class T, class... Shape>
using Output = nb::ndarray<T, Shape..., nb::c_contig, nb::device::cpu>;

}  // namespace

void bind_walks(nb::module_& m) {
  nb::class_<WalkSource>(m, "WalkSource")
      .def(nb::init<Values<int64_t>, Values<uint32_t>, Values<float>, Slots, Values<float>, Values<uint32_t>, int64_t,
                    int64_t, float, float, Values<float>, Values<uint16_t>, Values<uint16_t>, uint64_t, int64_t>(),
           nb::arg("indptr").noconvert(), nb::arg("indices").noconvert(), nb::arg("weights").noconvert(),
           nb::arg("alias").noconvert(), nb::arg("totals").noconvert(), nb::arg("order").noconvert(), nb::arg("walks"),
           nb::arg("length"), nb::arg("back"), nb::arg("out"), nb::arg("usual").noconvert(),
           nb::arg("types").noconvert(), nb::arg("metapath").noconvert(), nb::arg("seed"), nb::arg("walks_a_unit"))
      .def("walks",
           [](const WalkSource& source, int64_t first, int64_t last, Output<uint32_t, nb::ndim<2>> nodes,
              Output<int64_t, nb::ndim<1>> lengths, int64_t threads) {
             const int64_t width = static_cast<int64_t>(nodes.shape(1));
             uint32_t* const out = nodes.data();
             int64_t* const sizes = lengths.data();
             nb::gil_scoped_release release;
             each_walk(first, last, threads, [&](int64_t walk) {
               sizes[walk - first] = walk_nodes(source.plan, walk, out + (walk - first) * width);
             });
           })
      .def("count",
           [](const WalkSource& source, int64_t first, int64_t last, Output<int64_t, nb::ndim<1>> visits,
              int64_t threads) {
             nb::gil_scoped_release release;
             count_visits(source.plan, first, last, threads, visits.data());
           });
  m.def("build_alias", [](Values<int64_t> indptr, Values<float> weights, Output<uint32_t, nb::shape<-1, 2>> slots,
                          Output<float, nb::ndim<1>> totals, int64_t threads) {
    nb::gil_scoped_release release;
    build_alias(indptr.data(), weights.data(), static_cast<int64_t>(totals.shape(0)), threads,
                slots.data(), totals.data());
  });
}

}  // namespace nearer
