// Python faces of n-grams: cutting words, the mean of rows, and training (subwords.hpp).
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include <cstring>
#include <string_view>

#include "dispatch.hpp"
#include "ngrams.hpp"
#include "numpy_arrays.hpp"
#include "subword_training.hpp"
#include "unit_threads.hpp"

namespace nb = nanobind;

namespace nearer {
namespace {

template <class T, class... Shape>
using Array = nb::ndarray<T, Shape..., nb::c_contig, nb::device::cpu>;

// The bytes of a word: those of `bytes` as they are, text as UTF-8.
std::string_view bytes_of(nb::handle word) {
  if (PyBytes_Check(word.ptr()))
    return {PyBytes_AS_STRING(word.ptr()), static_cast<size_t>(PyBytes_GET_SIZE(word.ptr()))};
  Py_ssize_t length = 0;
  const char* letters = PyUnicode_AsUTF8AndSize(word.ptr(), &length);
  if (!letters) throw nb::python_error();
  return {letters, static_cast<size_t>(length)};
}

// (starts, buckets): the n-grams of word i are buckets[starts[i]:starts[i + 1]].
nb::tuple cut_ngrams(nb::list words, int least, int most, uint32_t buckets) {
  std::vector<int64_t> starts{0};
  std::vector<uint32_t> found;
  std::string marked;
  for (nb::handle word : words) {
    const std::string_view letters = bytes_of(word);
    marked.assign(1, '<').append(letters).push_back('>');
    if (letters != kLineEnd) each_ngram(marked, least, most, [&](uint32_t hash) { found.push_back(hash % buckets); });
    starts.push_back(static_cast<int64_t>(found.size()));
  }
  return nb::make_tuple(as_numpy(std::move(starts)), as_numpy(std::move(found)));
}

// out[i] = the sum of the rows that rows[starts[i]:starts[i + 1]] name, in their order, times one over `counts[i]`.
void mean_rows(Array<const uint8_t, nb::ndim<1>> table, Array<const int64_t, nb::ndim<1>> starts,
               Array<const int64_t, nb::ndim<1>> rows, Array<const int64_t, nb::ndim<1>> counts, int64_t pitch,
               Array<float, nb::ndim<2>> out, int threads) {
  const int64_t n = static_cast<int64_t>(out.shape(0)), dim = static_cast<int64_t>(out.shape(1));
  constexpr int64_t kShare = 256;
  std::atomic<int64_t> next{0};
  nb::gil_scoped_release release;
  run_on_threads(threads, [&](int64_t) {
    for (int64_t share = next++; share * kShare < n; share = next++)
      for (int64_t i = share * kShare; i < n && i < (share + 1) * kShare; i++) {
        float* const sum = out.data() + i * dim;
        std::memset(sum, 0, sizeof(float) * static_cast<size_t>(dim));
        for (int64_t r = starts.data()[i]; r < starts.data()[i + 1]; r++) {
          const uint8_t* const row = table.data() + rows.data()[r] * pitch;
          for (int64_t q = 0; q < dim; q++) {
            float value;  // a table in a file may lie at any byte
            std::memcpy(&value, row + q * 4, sizeof value);
            sum[q] += value;
          }
        }
        if (counts.data()[i] == 0) continue;
        const float share_of_one = static_cast<float>(1.0 / static_cast<double>(counts.data()[i]));
        for (int64_t q = 0; q < dim; q++) sum[q] *= share_of_one;
      }
  });
}

}  // namespace

void bind_subwords(nb::module_& m) {
  m.def("cut_ngrams", &cut_ngrams, nb::arg("words"), nb::arg("least"), nb::arg("most"), nb::arg("buckets"));
  m.def("mean_rows", &mean_rows, nb::arg("table").noconvert(), nb::arg("starts").noconvert(),
        nb::arg("rows").noconvert(), nb::arg("counts").noconvert(), nb::arg("pitch"), nb::arg("out").noconvert(),
        nb::arg("threads"));
  m.def(
      "train_subwords",
      [](const std::string& variant, bool cbow, Array<const uint32_t, nb::ndim<1>> tokens, int64_t unit_tokens,
         Array<const uint32_t, nb::ndim<1>> keep, Array<const uint32_t, nb::shape<-1, 2>> noise,
         Array<const int64_t, nb::ndim<1>> starts, Array<const uint32_t, nb::ndim<1>> rows,
         Array<float, nb::ndim<2>> input, Array<float, nb::ndim<2>> output, int window, int drawn,
         float negative_weight, int shared, float learning_rate, float least_learning_rate,
         int64_t planned_units, uint64_t seed, int64_t first, int64_t last, int threads) {
        const SubwordTraining run{{tokens.data(), static_cast<int64_t>(tokens.shape(0)), unit_tokens,
                                   keep.data(), noise.data(), static_cast<uint32_t>(output.shape(0)),
                                   input.data(), output.data(), static_cast<int>(input.shape(1)), window, drawn,
                                   shared, learning_rate, least_learning_rate, planned_units, seed, {}},
                                  starts.data(),
                                  rows.data(),
                                  negative_weight};
        const Kernels& table = kernels(variant);
        nb::gil_scoped_release release;
        return train_units(cbow ? table.train_subword_cbow : table.train_subword_skipgram,
                           cbow ? table.subword_cbow_scratch : table.subword_skipgram_scratch, run, first, last,
                           threads);
      },
      nb::arg("variant"), nb::arg("cbow"), nb::arg("tokens").noconvert(), nb::arg("unit_tokens"),
      nb::arg("keep").noconvert(), nb::arg("noise").noconvert(), nb::arg("starts").noconvert(),
      nb::arg("rows").noconvert(), nb::arg("input").noconvert(), nb::arg("output").noconvert(),
      nb::arg("window"), nb::arg("drawn"), nb::arg("negative_weight"), nb::arg("shared"),
      nb::arg("learning_rate"), nb::arg("least_learning_rate"), nb::arg("planned_units"), nb::arg("seed"),
      nb::arg("first"), nb::arg("last"), nb::arg("threads"));
}

}  // namespace nearer
