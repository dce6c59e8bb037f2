// A word-training run (word_training.hpp) over the arrays that Python hands over.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include "word_training.hpp"

namespace nearer {

template <class T, class... Shape>
using Array = nanobind::ndarray<T, Shape..., nanobind::c_contig, nanobind::device::cpu>;
using Ids = Array<const uint32_t, nanobind::ndim<1>>;
using Offsets = Array<const int64_t, nanobind::ndim<1>>;
using Table = Array<const uint32_t, nanobind::shape<-1, 2>>;
using Bits = Array<const uint8_t, nanobind::ndim<1>>;
using Matrix = Array<float, nanobind::ndim<2>>;

// The vocabulary is that of `keep`; rows are as wide as those of `output`.
inline WordTraining word_training(const Ids& tokens, int64_t unit_tokens, const Ids& keep, const Table& noise,
                                  const Matrix& input, const Matrix& output, int window, int negative, int shared,
                                  float learning_rate, float least_learning_rate, int64_t planned_units,
                                  uint64_t seed, const WordPaths& paths) {
  return {tokens.data(),
          static_cast<int64_t>(tokens.shape(0)),
          unit_tokens,
          keep.data(),
          noise.data(),
          static_cast<uint32_t>(keep.shape(0)),
          input.data(),
          output.data(),
          static_cast<int>(output.shape(1)),
          window,
          negative,
          shared,
          learning_rate,
          least_learning_rate,
          planned_units,
          seed,
          paths};
}

}  // namespace nearer
