// Cuts co-occurrences into tiles, and runs the GloVe kernel over tiles on several threads.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include <cstring>
#include <vector>

#include "dispatch.hpp"
#include "glove_tiles.hpp"
#include "numpy_arrays.hpp"
#include "unit_threads.hpp"

namespace nb = nanobind;

namespace nearer {
namespace {

template <class T, class... Shape>
using Array = nb::ndarray<T, Shape..., nb::c_contig, nb::device::cpu>;
using Tiles = Array<const int64_t, nb::shape<-1, 4>>;

static_assert(sizeof(GloveTile) == 4 * sizeof(int64_t) && sizeof(GloveCell) == 8 &&
              sizeof(TileCursor) == 2 * sizeof(int64_t));

const GloveTile* as_tiles(const Tiles& tiles) { return reinterpret_cast<const GloveTile*>(tiles.data()); }

// Tiles as int64, four a tile.
auto cut(Array<const int64_t, nb::ndim<1>> starts, Array<const int32_t, nb::ndim<1>> columns, int64_t width,
         int64_t most_cells) {
  const SparseRows counts{starts.data(), columns.data(), nullptr, static_cast<int64_t>(starts.shape(0)) - 1};
  std::vector<int64_t> flat;
  {
    nb::gil_scoped_release release;
    const std::vector<GloveTile> tiles = cut_tiles(counts, width, most_cells);
    flat.resize(tiles.size() * 4);
    std::memcpy(flat.data(), tiles.data(), tiles.size() * sizeof(GloveTile));
  }
  return as_numpy(std::move(flat));
}

void fill(Array<const int64_t, nb::ndim<1>> starts, Array<const int32_t, nb::ndim<1>> columns,
          Array<const float, nb::ndim<1>> weights, int64_t width, int64_t first, int64_t last, Tiles tiles,
          Array<int64_t, nb::shape<-1, 2>> cursors, Array<uint64_t, nb::ndim<1>> cells) {
  const SparseRows counts{starts.data(), columns.data(), weights.data(), static_cast<int64_t>(starts.shape(0)) - 1};
  nb::gil_scoped_release release;
  fill_tiles(counts, width, first, last, as_tiles(tiles), reinterpret_cast<TileCursor*>(cursors.data()),
             reinterpret_cast<GloveCell*>(cells.data()));
}

}  // namespace

void bind_glove(nb::module_& m) {
  m.def("cut_tiles", &cut, nb::arg("starts").noconvert(), nb::arg("columns").noconvert(), nb::arg("width"),
        nb::arg("most_cells"));
  m.def("fill_tiles", &fill, nb::arg("starts").noconvert(), nb::arg("columns").noconvert(),
        nb::arg("weights").noconvert(), nb::arg("width"), nb::arg("first"), nb::arg("last"),
        nb::arg("tiles").noconvert(), nb::arg("cursors").noconvert(), nb::arg("cells").noconvert());
  m.def(
      "train_glove",
      [](const std::string& variant, Array<const uint64_t, nb::ndim<1>> cells, Tiles tiles,
         Array<float, nb::ndim<3>> words, Array<float, nb::ndim<3>> contexts, float learning_rate, float log_most,
         float alpha, Array<const int64_t, nb::ndim<1>> order, int threads) {
        const GloveTraining run{reinterpret_cast<const GloveCell*>(cells.data()),
                                as_tiles(tiles),
                                words.data(),
                                contexts.data(),
                                static_cast<int>(words.shape(2)),
                                learning_rate,
                                log_most,
                                alpha};
        const TrainTile train = kernels(variant).train_glove;
        nb::gil_scoped_release release;
        // Threads write both matrices without locks (Recht et al. 2011).
        return train_each_unit(0, static_cast<int64_t>(order.shape(0)), threads, 0,
                               [&, turns = order.data()](int64_t i, void*) { return train(run, turns[i]); });
      },
      nb::arg("variant"), nb::arg("cells").noconvert(), nb::arg("tiles").noconvert(), nb::arg("words").noconvert(),
      nb::arg("contexts").noconvert(), nb::arg("learning_rate"), nb::arg("log_most"), nb::arg("alpha"),
      nb::arg("order").noconvert(), nb::arg("threads"));
}

}  // namespace nearer
