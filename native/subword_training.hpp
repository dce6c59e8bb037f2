// What the kernels that train words with their n-grams (subwords.hpp) are given.
#pragma once

#include "word_training.hpp"

namespace nearer {

// `input` has a row a word and, after those, a row an n-gram; `output` a row a word. `negative` counts the draws
// of a whole block, which all its centres share.
struct SubwordTraining : WordTraining {
  const int64_t* starts;   // word -> where its rows begin in `rows`; one entry more than there are words
  const uint32_t* rows;    // rows of `input` whose mean is the word: its own, then those of its n-grams
  float negative_weight;   // of one of the block's draws, so that a pair gets the weight of its negatives
};

}  // namespace nearer
