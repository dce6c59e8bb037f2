// PV-DM, the distributed memory of a paragraph (Le & Mikolov 2014): the document's row and those of the words
// around a centre predict the centre, told apart from negatives; either their mean or their concatenation.
//
// mean    the window is drawn from 1..window for every centre; as in CBOW (cbow.hpp), every row of the mean moves
//         by the full gradient of the mean.
// concat  one place for the document (the mean of its tags), `window` places before and after the centre; places
//         beyond the document are zeros. A row moves by the gradient of its place.
// A block of centres is one small matrix product; all rows are gathered before the block moves anything.
#pragma once

#include "document_block.hpp"

namespace {

template <bool kConcat, bool kFrozen>
struct Dm {
  const DocumentTraining& run;
  WordBlock block;
  KeptTokens& kept;
  DocumentTags tags;
  float **hidden, **moved;  // rows: what each centre is predicted from, and where its gradient takes it
  float *scores, *pending;
  int64_t pitch;  // floats between the scores of two outputs

  Dm(const DocumentTraining& r, Arena& arena) : run(r), block(r.words, arena), kept(block.kept), tags(r, arena) {
    pitch = (r.words.shared + nearer::kRowFloats - 1) / nearer::kRowFloats * nearer::kRowFloats;
    hidden = arena.take<float*>(pitch);
    moved = arena.take<float*>(pitch);
    for (int64_t b = 0; b < pitch; b++) {
      float* const from = arena.take<float>(r.words.stride);
      float* const to = arena.take<float>(r.words.stride);
      if (!arena.base) continue;
      hidden[b] = from;
      moved[b] = to;
    }
    scores = arena.take<float>((r.words.negative + r.words.shared) * pitch);
    pending = arena.take<float>(pitch * r.words.stride);
  }

  void prepare(Random& random) {
    block.draw_negatives(random);
    for (int64_t b = 0; b < pitch; b++) std::memset(hidden[b], 0, sizeof(float) * run.words.stride);
  }

  float* word_row(int64_t position) const {
    return run.words.input + static_cast<int64_t>(block.kept.ids[position]) * run.stride;
  }

  void begin(Random& random) {
    block.take_negatives(random);
    const int64_t centre = block.first + run.words.shared;
    for (int b = 0; b < run.words.shared; b++) {
      prefetch_row(block.output_row(kept.ids[centre + b]), run.words.stride);
      prefetch_row(word_row(centre + run.words.window + b), run.stride);
    }
    if (kConcat)
      for (int b = 0; b < block.centres; b++) block.reach[b] = run.words.window;
    else
      block.draw_windows(random);
    block.lay_out();
  }

  // Calls visit(row, place) for every word in the window of centre b; places count from 0.
  template <class Visit>
  void each_word(int b, Visit visit) const {
    const int64_t centre = block.first + b;
    for (int64_t d = -block.reach[b]; d <= block.reach[b]; d++)
      if (d && centre + d >= block.line_begin && centre + d < block.line_end)
        visit(word_row(centre + d), static_cast<int>(d + block.reach[b] - (d > 0)));
  }

  static void add(float* to, const float* from, int stride) {
    for (int q = 0; q < stride; q += kLanes) store(to + q, load(to + q) + load(from + q));
  }

  static void scale(float* row, float factor, int stride) {
    for (int q = 0; q < stride; q += kLanes) store(row + q, broadcast(factor) * load(row + q));
  }

  void gather(int b) {
    float* const to = hidden[b];
    std::memset(to, 0, sizeof(float) * run.words.stride);
    for (int i = 0; i < tags.count; i++) add(to, tags.rows[i], run.stride);
    int count = tags.count;
    if (kConcat) {
      scale(to, 1.0f / static_cast<float>(count), run.stride);
      each_word(b, [&](const float* row, int place) { add(to + (1 + place) * run.stride, row, run.stride); });
    } else {
      each_word(b, [&](const float* row, int) { add(to, row, run.stride), count++; });
      scale(to, 1.0f / static_cast<float>(count), run.stride);
    }
    std::memcpy(moved[b], to, sizeof(float) * run.words.stride);
  }

  // A centre's positive is itself; a negative that is the centre is skipped.
  void scores_to_gradients(float rate, bool measured, UnitReport& report) {
    const int negative = run.words.negative;
    report.pairs += measured ? block.centres : 0;
    for (int o = 0; o < block.output_count(); o++)
      for (int v = 0; v < block.centres; v += kLanes) {
        float* const at = scores + o * pitch + v;
        const Vec score = load(at), likely = sigmoid(score);
        for (int b = v; b < block.centres && b < v + kLanes; b++) {
          const bool positive = o >= negative;
          const bool counts = positive ? o - negative == b : !(block.conflicts[o] >> b & 1);
          if (measured && counts) report.loss += logistic_loss(positive ? score[b - v] : -score[b - v]);
          at[b - v] = counts ? rate * ((positive ? 1.0f : 0.0f) - likely[b - v]) : 0.0f;
        }
      }
  }

  void scatter(int b) {
    float *const from = hidden[b], *const step = moved[b];
    for (int q = 0; q < run.words.stride; q += kLanes) store(step + q, load(step + q) - load(from + q));
    for (int i = 0; i < tags.count; i++) add(tags.rows[i], step, run.stride);
    if (kFrozen) return;
    each_word(b, [&](float* row, int place) {
      add(row, kConcat ? step + (1 + place) * run.stride : step, run.stride);
    });
  }

  void step(float rate, bool measured, UnitReport& report) {
    const int outputs = block.output_count(), stride = run.words.stride;
    for (int b = 0; b < block.centres; b++) gather(b);
    score(hidden, block.centres, block.outputs, outputs, stride, scores, pitch);
    scores_to_gradients(rate, measured, report);
    if (!kFrozen)
      spread(moved, block.centres, block.outputs, outputs, scores, pitch, stride, pending);
    else
      for (int b = 0; b < block.centres; b++)
        pull_row(moved[b], block.outputs, outputs, scores + b, pitch, run.stride);
    for (int b = 0; b < block.centres; b++) scatter(b);
  }

  // Trains the kept tokens [begin, end), all of the document at hand.
  void train(int64_t begin_token, int64_t end, Random& random, float rate, UnitReport& report) {
    train_blocks(block, begin_token, end, [&](bool measured) {
      begin(random);
      step(rate, measured, report);
    });
  }
};

}  // namespace
