// The table of kernels, one a CPU variant, and the choice among them when the program runs.
#pragma once

#include <string>
#include <vector>

#include "als_training.hpp"
#include "bpr_training.hpp"
#include "document_training.hpp"
#include "glove_training.hpp"
#include "topk_task.hpp"
#include "word_training.hpp"

namespace nearer {

// What every variant implements (native/variant.cpp fills one table a variant).
struct Kernels {
  const char* name;
  TrainUnit train_skipgram;
  ScratchBytes skipgram_scratch;
  TrainUnit train_cbow;
  ScratchBytes cbow_scratch;
  TrainUnit train_skipgram_paths;
  ScratchBytes skipgram_paths_scratch;
  TrainUnit train_cbow_paths;
  ScratchBytes cbow_paths_scratch;
  TrainUnit train_subword_skipgram;  // of a SubwordTraining
  ScratchBytes subword_skipgram_scratch;
  TrainUnit train_subword_cbow;
  ScratchBytes subword_cbow_scratch;
  DocumentKernels documents;
  TopkKernels topk;
  TrainTile train_glove;
  AlsKernels als;
  BprKernels bpr;
};

// Names of the variants in this build that this CPU can run, best first.
std::vector<std::string> available_variants();

// The table of the named variant; throws std::invalid_argument where this build or CPU lacks it.
const Kernels& kernels(const std::string& variant);

}  // namespace nearer
