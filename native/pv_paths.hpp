// PV-DBOW and PV-DM with hierarchical softmax: the rows of a document, or their mean or concatenation with those of
// the words around a centre, meet the inner nodes on the way to the word (hierarchical.hpp), word after word.
#pragma once

#include "document_block.hpp"
#include "hierarchical.hpp"
#include "pv_dm.hpp"

namespace {

// One step of `count` rows that predict `word`, the nodes as they are.
inline void pull_along_path(PathObjective& objective, float* const* rows, int count, uint32_t word, float rate,
                            int stride) {
  objective.take_path(word);
  score(objective.nodes, objective.length, rows, count, objective.stride, objective.scores, objective.pitch);
  objective.scores_to_gradients(count, rate);
  for (int r = 0; r < count; r++)
    pull_row(rows[r], objective.nodes, objective.length, objective.scores + r * objective.pitch, 1, stride);
}

template <nearer::DocumentMethod kMethod, bool kFrozen>
struct DocumentPaths {
  static constexpr bool kMixed = kMethod == nearer::kDmMean || kMethod == nearer::kDmConcat;
  static constexpr bool kWindow = kMethod != nearer::kDbow && (kMixed || !kFrozen);

  const DocumentTraining& run;
  KeptTokens kept;
  DocumentTags tags;
  Surroundings<kMethod == nearer::kDmConcat> around;
  PathObjective objective;
  float** rows;  // of the document and, with word training, of the words around
  float *hidden, *moved;
  int64_t trained = 0;

  DocumentPaths(const DocumentTraining& r, Arena& arena)
      : run(r),
        kept(room_for_tokens(r.words, arena, room_after(r.words))),
        tags(r, arena),
        around{r, kept, tags},
        objective(r.words.paths, r.words.output, r.words.stride, most_rows(r), arena) {
    rows = arena.take<float*>(most_rows(r));
    hidden = arena.take<float>(r.words.stride);
    moved = arena.take<float>(r.words.stride);
  }

  static int64_t most_rows(const DocumentTraining& r) {
    return r.most_tags + 2 * static_cast<int64_t>(r.words.window);
  }

  void prepare(Random&) { objective.prepare(); }

  void predict(float* const* from, int count, uint32_t word, float rate, UnitReport& report) {
    if (kFrozen)
      pull_along_path(objective, from, count, word, rate, run.stride);
    else
      objective.train(from, count, word, rate, trained++ % nearer::kLossEvery == 0, report);
  }

  // Trains the kept tokens [begin, end), all of the document at hand.
  void train(int64_t begin, int64_t end, Random& random, float rate, UnitReport& report) {
    for (int64_t centre = begin; centre < end; centre++) {
      Place at{begin, end, centre, run.words.window};
      if (kWindow && kMethod != nearer::kDmConcat)
        at.reach = 1 + static_cast<int>(below(static_cast<uint32_t>(random.next() >> 32), run.words.window));
      objective.prefetch(kept.ids[centre + 1]);
      if (kMixed) {
        around.gather(at, hidden, moved);
        predict(&moved, 1, kept.ids[centre], rate, report);
        around.scatter(at, hidden, moved, kFrozen);
        continue;
      }
      int count = 0;
      for (int i = 0; i < tags.count; i++) rows[count++] = tags.rows[i];
      if (kWindow) around.each_word(at, [&](float* row, int) { rows[count++] = row; });
      predict(rows, count, kept.ids[centre], rate, report);
    }
  }
};

}  // namespace
