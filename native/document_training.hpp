// What the document kernels (pv_dbow.hpp, pv_dm.hpp, pv_paths.hpp) are given.
#pragma once

#include "word_training.hpp"

namespace nearer {

// How documents are trained (Le & Mikolov 2014).
enum DocumentMethod : int {
  kDbow = 0,       // a document's row predicts each of its words
  kDbowWords = 1,  // the same, with skip-gram over the document's words in between
  kDmMean = 2,     // the mean of the document's and a window's rows predicts the centre
  kDmConcat = 3,   // their concatenation does
};
constexpr int kDocumentMethods = 4;  // with each objective: negative sampling, hierarchical softmax

// One training run over documents. `words` holds the words of every document in reading order, with bit 31 on
// the first of each; documents without words are not among them. A document's vectors are the rows of its
// tags, which other documents may share.
struct DocumentTraining {
  WordTraining words;         // its stride is that of an output row
  int stride;                 // floats a row of `tag_rows` and of the word vectors
  const int64_t* starts;      // document -> index of its first token
  int64_t documents;
  const int64_t* tag_starts;  // document -> index of its first tag (documents + 1)
  const uint32_t* tags;       // rows of `tag_rows`
  int most_tags;              // of a document
  float* tag_rows;
};

// Documents whose vectors are sought while everything else stays as it is.
struct DocumentInference {
  DocumentTraining training;  // starts has (documents + 1) entries; tags are not looked at
  const uint64_t* seeds;      // document -> its own random stream
  float* rows;                // (documents, stride): where to start, and the result
  int epochs;
};

using TrainDocuments = UnitReport (*)(const DocumentTraining&, int64_t unit, void* scratch);
using InferDocument = void (*)(const DocumentInference&, int64_t document, void* scratch);
using DocumentScratchBytes = int64_t (*)(const DocumentTraining&);

// By objective (with paths or without) and method.
struct DocumentKernels {
  TrainDocuments train[2][kDocumentMethods];
  InferDocument infer[2][kDocumentMethods];
  DocumentScratchBytes scratch[2][kDocumentMethods];
};

}  // namespace nearer
