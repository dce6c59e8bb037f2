// What the word-training kernels (skipgram.hpp, cbow.hpp, hierarchical.hpp) are given, and what they report.
#pragma once

#include <cstdint>

namespace nearer {

constexpr uint32_t kLineStart = 0x80000000u;  // set on the id of the first token of a line
constexpr int kRowFloats = 16;                // rows are padded to this many floats, aligned to 64 bytes
constexpr int kLossEvery = 64;                // the loss is measured on one block in this many

// The way to each word in a binary tree of `vocabulary` leaves, for hierarchical softmax: the path of word w is
// the range [offsets[w], offsets[w + 1]) of nodes and bits.
struct WordPaths {
  const int64_t* offsets;  // words + 1
  const uint32_t* nodes;   // inner nodes, below words - 1: rows of the output matrix
  const uint8_t* bits;     // the turn at each node
  int longest;             // nodes on the longest path
};

// Where a run's tokens come from that are in no array: fill(context, unit, tokens) writes those of a unit, counted
// over all epochs, line starts marked, into room for `unit_tokens` of them, and returns how many they are.
struct TokenSource {
  int64_t (*fill)(const void* context, int64_t unit, uint32_t* tokens);
  const void* context;
};

// One training run: the corpus, the tables it draws from, the two matrices and the settings.
// The corpus is cut into units of `unit_tokens`; a unit has its own random stream and learning rate, so that
// units can be trained by any thread and a run can stop and go on between any two.
struct WordTraining {
  const uint32_t* tokens;  // word ids in reading order, bit 31 as kLineStart
  int64_t token_count;
  int64_t unit_tokens;
  const uint32_t* keep;        // word -> 32-bit threshold below which a token survives subsampling
  const uint32_t* noise;       // alias table of the negatives: word -> (threshold, alias)
  uint32_t vocabulary;         // rows of the input matrix
  float* input;                // word vectors (vocabulary, stride)
  float* output;               // output vectors (vocabulary, stride); with paths (vocabulary - 1, stride)
  int stride;                  // floats a row
  int window;                  // largest distance of a context; drawn anew for each centre from 1..window
  int negative;                // negative samples a centre
  int shared;                  // consecutive centres that share one draw of negatives
  float learning_rate;         // at the start of the first epoch
  float least_learning_rate;   // where the linear decay ends
  int64_t planned_units;       // units over all planned epochs: where the decay ends
  uint64_t seed;
  WordPaths paths;             // of hierarchical softmax; else all null
  TokenSource source{};        // of tokens that are not in `tokens`, such as walks; else null
};

// What a unit saw; the loss is the sum over measured centre-context pairs of
// -log s(positive) - sum over negatives of log s(-negative), or of -log s(score of each turn that is right).
struct UnitReport {
  double loss;
  int64_t pairs;   // centre-context pairs in the measured blocks (CBOW: centres, each with its mean)
  int64_t tokens;  // tokens read
};

// Trains units [0, units an epoch) of any epoch: `unit` counts over all epochs.
using TrainUnit = UnitReport (*)(const WordTraining&, int64_t unit, void* scratch);
// Bytes of scratch memory, aligned to 64, that a thread needs.
using ScratchBytes = int64_t (*)(const WordTraining&);

}  // namespace nearer
