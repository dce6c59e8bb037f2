// Python faces of co-occurrence counting (cooccurrence.hpp); all of them release the GIL.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include "cooccurrence.hpp"
#include "numpy_arrays.hpp"

namespace nb = nanobind;

namespace nearer {
namespace {

template <class T>
using Values = nb::ndarray<T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

nb::tuple as_tuple(CountedRows&& rows) {
  return nb::make_tuple(as_numpy(std::move(rows.lengths)), as_numpy(std::move(rows.columns)),
                        as_numpy(std::move(rows.weights)));
}

void group(Values<const uint32_t> tokens, int64_t begin, int64_t end, Values<int64_t> starts,
           Values<uint32_t> positions) {
  nb::gil_scoped_release release;
  group_positions(tokens.data(), begin, end, static_cast<uint32_t>(starts.shape(0) - 1), starts.data(),
                  positions.data());
}

nb::tuple count(Values<const uint32_t> tokens, Values<const uint64_t> weights, bool both_sides,
                Values<const int64_t> starts, Values<const uint32_t> positions, int64_t begin, uint32_t first,
                uint32_t last) {
  const Windows windows{tokens.data(),
                        static_cast<int64_t>(tokens.shape(0)),
                        static_cast<uint32_t>(starts.shape(0) - 1),
                        weights.data(),
                        static_cast<int64_t>(weights.shape(0)),
                        both_sides};
  CountedRows rows;
  {
    nb::gil_scoped_release release;
    rows = count_rows(windows, starts.data(), positions.data(), begin, first, last);
  }
  return as_tuple(std::move(rows));
}

nb::tuple merge(nb::ndarray<const int64_t, nb::ndim<2>, nb::c_contig, nb::device::cpu> starts,
                Values<const int32_t> columns, Values<const uint64_t> weights, uint32_t first, uint32_t last) {
  const CountedPieces pieces{starts.data(), static_cast<int64_t>(starts.shape(0)),
                             static_cast<uint32_t>(starts.shape(1) - 1), columns.data(), weights.data()};
  CountedRows rows;
  {
    nb::gil_scoped_release release;
    rows = merge_rows(pieces, first, last);
  }
  return as_tuple(std::move(rows));
}

}  // namespace

void bind_cooccurrence(nb::module_& m) {
  m.def("group_positions", &group, nb::arg("tokens").noconvert(), nb::arg("begin"), nb::arg("end"),
        nb::arg("starts").noconvert(), nb::arg("positions").noconvert());
  m.def("count_rows", &count, nb::arg("tokens").noconvert(), nb::arg("weights").noconvert(),
        nb::arg("both_sides"), nb::arg("starts").noconvert(), nb::arg("positions").noconvert(), nb::arg("begin"),
        nb::arg("first"), nb::arg("last"));
  m.def("merge_rows", &merge, nb::arg("starts").noconvert(), nb::arg("columns").noconvert(),
        nb::arg("weights").noconvert(), nb::arg("first"), nb::arg("last"));
}

}  // namespace nearer
