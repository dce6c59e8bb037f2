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

// A centre, the kept tokens [begin, end) of its document, and how far its window reaches.
struct Place {
  int64_t begin, end, centre;
  int reach;
};

// What a centre is predicted from: the rows of its document's tags and of the words around it.
template <bool kConcat>
struct Surroundings {
  const DocumentTraining& run;
  const KeptTokens& kept;
  const DocumentTags& tags;

  float* word_row(int64_t position) const {
    return run.words.input + static_cast<int64_t>(kept.ids[position]) * run.stride;
  }

  // Calls visit(row, place) for every word in the window; places count from 0.
  template <class Visit>
  void each_word(const Place& at, Visit visit) const {
    for (int64_t d = -at.reach; d <= at.reach; d++)
      if (d && at.centre + d >= at.begin && at.centre + d < at.end)
        visit(word_row(at.centre + d), static_cast<int>(d + at.reach - (d > 0)));
  }

  static void add(float* to, const float* from, int stride) {
    for (int q = 0; q < stride; q += kLanes) store(to + q, load(to + q) + load(from + q));
  }

  static void scale(float* row, float factor, int stride) {
    for (int q = 0; q < stride; q += kLanes) store(row + q, broadcast(factor) * load(row + q));
  }

  // Writes the mean or the concatenation to `hidden`, and a copy to `moved`.
  void gather(const Place& at, float* hidden, float* moved) const {
    std::memset(hidden, 0, sizeof(float) * run.words.stride);
    for (int i = 0; i < tags.count; i++) add(hidden, tags.rows[i], run.stride);
    int count = tags.count;
    if (kConcat) {
      scale(hidden, 1.0f / static_cast<float>(count), run.stride);
      each_word(at, [&](const float* row, int place) { add(hidden + (1 + place) * run.stride, row, run.stride); });
    } else {
      each_word(at, [&](const float* row, int) { add(hidden, row, run.stride), count++; });
      scale(hidden, 1.0f / static_cast<float>(count), run.stride);
    }
    std::memcpy(moved, hidden, sizeof(float) * run.words.stride);
  }

  // Moves the rows by the way from `hidden` to `moved`; words stay where they are if `frozen`.
  void scatter(const Place& at, const float* hidden, float* moved, bool frozen) const {
    for (int q = 0; q < run.words.stride; q += kLanes) store(moved + q, load(moved + q) - load(hidden + q));
    for (int i = 0; i < tags.count; i++) add(tags.rows[i], moved, run.stride);
    if (frozen) return;
    each_word(at, [&](float* row, int place) {
      add(row, kConcat ? moved + (1 + place) * run.stride : moved, run.stride);
    });
  }
};

template <bool kConcat, bool kFrozen>
struct Dm {
  const DocumentTraining& run;
  WordBlock block;
  KeptTokens& kept;
  DocumentTags tags;
  Surroundings<kConcat> around;
  float **hidden, **moved;  // rows: what each centre is predicted from, and where its gradient takes it
  float *scores, *pending;
  int64_t pitch;  // floats between the scores of two outputs

  Dm(const DocumentTraining& r, Arena& arena)
      : run(r), block(r.words, arena), kept(block.kept), tags(r, arena), around{r, kept, tags} {
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

  Place place(int b) const { return {block.line_begin, block.line_end, block.first + b, block.reach[b]}; }

  void begin(Random& random) {
    block.take_negatives(random);
    const int64_t centre = block.first + run.words.shared;
    for (int b = 0; b < run.words.shared; b++) {
      prefetch_row(block.output_row(kept.ids[centre + b]), run.words.stride);
      prefetch_row(around.word_row(centre + run.words.window + b), run.stride);
    }
    if (kConcat)
      for (int b = 0; b < block.centres; b++) block.reach[b] = run.words.window;
    else
      block.draw_windows(random);
    block.lay_out();
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

  void step(float rate, bool measured, UnitReport& report) {
    const int outputs = block.output_count(), stride = run.words.stride;
    for (int b = 0; b < block.centres; b++) around.gather(place(b), hidden[b], moved[b]);
    score(hidden, block.centres, block.outputs, outputs, stride, scores, pitch);
    scores_to_gradients(rate, measured, report);
    if (!kFrozen)
      spread(moved, block.centres, block.outputs, outputs, scores, pitch, stride, pending);
    else
      for (int b = 0; b < block.centres; b++)
        pull_row(moved[b], block.outputs, outputs, scores + b, pitch, run.stride);
    for (int b = 0; b < block.centres; b++) around.scatter(place(b), hidden[b], moved[b], kFrozen);
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
