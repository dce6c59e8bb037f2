// Python faces of counting pairs and joining phrases (phrases.hpp).
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include "numpy_arrays.hpp"
#include "phrases.hpp"

namespace nb = nanobind;

namespace nearer {
namespace {

using Ids = nb::ndarray<const uint32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using IdsInPlace = nb::ndarray<uint32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Roles = nb::ndarray<const uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Ends = nb::ndarray<const int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Counts = nb::ndarray<int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

const PhraseRole* roles_of(const Roles& roles) { return reinterpret_cast<const PhraseRole*>(roles.data()); }

// (first, second, run, count, distinct, words of the runs one after another, where each run ends)
nb::tuple count_pairs_of(Ids tokens, Roles roles, int64_t min_count, int64_t threads) {
  std::vector<uint32_t> first, second, run, run_words;
  std::vector<int64_t> counts, run_ends;
  int64_t distinct = 0;
  {
    nb::gil_scoped_release release;
    const CountedPairs counted =
        count_pairs(tokens.data(), static_cast<int64_t>(tokens.shape(0)), roles_of(roles), min_count, threads);
    for (const PairCount& pair : counted.frequent) {
      first.push_back(pair.first);
      second.push_back(pair.second);
      run.push_back(pair.run);
      counts.push_back(pair.count);
    }
    distinct = counted.distinct;
    for (uint32_t r = 0; r < counted.runs.size(); r++) {
      const std::vector<uint32_t> words = counted.runs.words(r);
      run_words.insert(run_words.end(), words.begin(), words.end());
      run_ends.push_back(static_cast<int64_t>(run_words.size()));
    }
  }
  return nb::make_tuple(as_numpy(std::move(first)), as_numpy(std::move(second)), as_numpy(std::move(run)),
                        as_numpy(std::move(counts)), distinct, as_numpy(std::move(run_words)),
                        as_numpy(std::move(run_ends)));
}

int64_t join_phrases_of(IdsInPlace tokens, Roles roles, Ids parts, Ends ends, Ids ids, Counts uses,
                        int64_t threads) {
  nb::gil_scoped_release release;
  const PhraseList phrases{parts.data(), ends.data(), ids.data(), static_cast<int64_t>(ends.shape(0))};
  return join_phrases(tokens.data(), static_cast<int64_t>(tokens.shape(0)), roles_of(roles), roles.shape(0), phrases,
                      uses.data(), threads);
}

}  // namespace

void bind_phrases(nb::module_& m) {
  m.def("count_pairs", &count_pairs_of, nb::arg("tokens").noconvert(), nb::arg("roles").noconvert(),
        nb::arg("min_count"), nb::arg("threads"));
  m.def("join_phrases", &join_phrases_of, nb::arg("tokens").noconvert(), nb::arg("roles").noconvert(),
        nb::arg("parts").noconvert(), nb::arg("ends").noconvert(), nb::arg("ids").noconvert(),
        nb::arg("uses").noconvert(), nb::arg("threads"));
}

}  // namespace nearer
