// Reading one unit of a corpus: where it begins and ends, and which of its tokens survive subsampling.
#pragma once

#include "random.hpp"
#include "simd.hpp"
#include "word_training.hpp"

namespace {

using nearer::UnitReport;
using nearer::WordTraining;

struct KeptTokens {
  uint32_t* ids;        // surviving words of the unit
  int64_t count;
  int64_t* line_ends;   // index into ids just past each line
  int64_t lines;
  int64_t tokens_read;
};

inline int64_t units_an_epoch(const WordTraining& run) {
  return (run.token_count + run.unit_tokens - 1) / run.unit_tokens;
}

// The first start of a line at or after `nominal`; `nominal` itself where the next unit's worth holds none.
inline int64_t unit_boundary(const WordTraining& run, int64_t nominal) {
  if (nominal <= 0) return 0;
  if (nominal >= run.token_count) return run.token_count;
  int64_t last = nominal + run.unit_tokens;
  if (last > run.token_count) last = run.token_count;
  for (int64_t i = nominal; i < last; i++)
    if (run.tokens[i] & nearer::kLineStart) return i;
  return last == run.token_count ? last : nominal;
}

// Fills `kept` with the tokens of the unit that survive subsampling (Mikolov 2013, section 2.3).
inline void read_unit(const WordTraining& run, int64_t unit, Random& random, KeptTokens& kept) {
  const uint32_t* tokens = kept.ids;  // of a source: thinned out where they stand
  int64_t read = 0;
  if (run.source.fill) {
    read = run.source.fill(run.source.context, unit, kept.ids);
  } else {
    const int64_t nominal = unit % units_an_epoch(run) * run.unit_tokens;
    const int64_t begin = unit_boundary(run, nominal);
    read = unit_boundary(run, nominal + run.unit_tokens) - begin;
    tokens = run.tokens + begin;
  }
  int64_t count = 0, lines = 0;
  for (int64_t i = 0; i < read; i++) {
    const uint32_t token = tokens[i], word = token & ~nearer::kLineStart;
    if ((token & nearer::kLineStart) && i > 0) kept.line_ends[lines++] = count;
    kept.ids[count] = word;
    count += static_cast<uint32_t>(random.next() >> 32) <= run.keep[word];
  }
  kept.line_ends[lines++] = count;
  kept.count = count;
  kept.lines = lines;
  kept.tokens_read = read;
}

inline float unit_learning_rate(const WordTraining& run, int64_t unit) {
  const double left = 1.0 - static_cast<double>(unit) / static_cast<double>(run.planned_units);
  const double span = static_cast<double>(run.learning_rate) - run.least_learning_rate;
  return left <= 0 ? run.least_learning_rate : static_cast<float>(run.least_learning_rate + span * left);
}

// -log s(x) for the logistic function s, in double precision; grows with -x without bound.
inline double logistic_loss(double x) {
  const double magnitude = x < 0 ? -x : x;
  return (x < 0 ? magnitude : 0.0) + __builtin_log1p(__builtin_exp(-magnitude));
}

NEARER_INLINE void prefetch_row(const float* row, int stride) {
  for (int q = 0; q < stride; q += nearer::kRowFloats) __builtin_prefetch(row + q, 1, 3);
}

// Hands out aligned pieces of a thread's scratch memory; with a null base it only counts the bytes.
struct Arena {
  char* base;
  int64_t used = 0;

  template <class T>
  T* take(int64_t count) {
    T* piece = base ? reinterpret_cast<T*>(base + used) : nullptr;
    used += (count * static_cast<int64_t>(sizeof(T)) + 63) / 64 * 64;
    return piece;
  }
};

// Room for the tokens of a unit; a unit may run on to the end of its last line, at most one unit further.
inline KeptTokens room_for_tokens(const WordTraining& run, Arena& arena, int64_t margin) {
  KeptTokens kept{};
  kept.ids = arena.take<uint32_t>(2 * run.unit_tokens + margin);
  kept.line_ends = arena.take<int64_t>(2 * run.unit_tokens + 1);
  return kept;
}

}  // namespace
