// Bayesian personalised ranking by stochastic gradient descent (Rendle, Freudenthaler, Gantner, Schmidt-Thieme 2009).
//
//   sample    user u, an item i of u's, an item j that is not
//   score     x = p_u.(q_i - q_j) + b_i - b_j,  loss -log s(x),  g = learning_rate * s(-x)
//   step      p_u += g (q_i - q_j) - decay p_u,  q_i += g p_u - decay q_i,  q_j += -g p_u - decay q_j,
//             b_i += g - decay b_i,  b_j += -g - decay b_j,   decay = learning_rate * regularization
//
// A user's samples come in groups whose scores are taken before the first of their steps; p_u moves once a group.
#pragma once

#include "bpr_training.hpp"
#include "random.hpp"
#include "simd.hpp"
#include "word_units.hpp"

namespace {

using nearer::BprTraining;
using nearer::UnitReport;

constexpr int kBprGroup = 8;      // samples of a user whose scores are taken together
constexpr int kBprAhead = 16;     // samples whose rows are fetched ahead
constexpr int kBprDraws = 64;     // draws of a negative, after which the entry is passed over
constexpr int kBprLossEvery = 16; // the loss is measured on one group in so many

struct BprSample {
  uint32_t positive, negative;
};

// The samples of a unit, user by user.
struct BprSamples {
  BprSample* samples;  // and room for as many as are fetched ahead
  int64_t* ends;       // just past the samples of each user
  uint64_t* chosen;    // a bit an item: whether the user at hand has it

  BprSamples(const BprTraining& run, Arena& arena) {
    samples = arena.take<BprSample>(run.most_entries + kBprAhead + kBprGroup);
    ends = arena.take<int64_t>(run.most_users);
    chosen = arena.take<uint64_t>(words(run));
  }
  static int64_t words(const BprTraining& run) { return (static_cast<int64_t>(run.items) + 63) / 64; }

  bool has(uint32_t item) const { return chosen[item >> 6] >> (item & 63) & 1; }
};

// One sample for each of the user's entries, written to `to`; returns how many could be drawn.
inline int64_t draw_samples(const BprTraining& run, int64_t user, Random& random, BprSamples& drawn, BprSample* to) {
  const uint32_t *const begin = run.indices + run.indptr[user], *const end = run.indices + run.indptr[user + 1];
  for (const uint32_t* item = begin; item < end; item++) drawn.chosen[*item >> 6] |= 1ull << (*item & 63);
  int64_t count = 0;
  for (const uint32_t* item = begin; item < end; item++) {
    for (int draw = 0; draw < kBprDraws; draw++) {
      const uint32_t slot = below(static_cast<uint32_t>(random.next() >> 32), run.pool_size);
      const uint32_t negative = run.pool ? run.pool[slot] : slot;
      if (drawn.has(negative)) continue;
      to[count++] = {*item, negative};
      break;
    }
  }
  for (const uint32_t* item = begin; item < end; item++) drawn.chosen[*item >> 6] = 0;
  return count;
}

struct BprRate {
  float rate, decay;
};

// One group of `count` samples of the user with row `mine`.
template <int kVectors>
void train_group(const BprTraining& run, float* mine, const BprSample* samples, int count, BprRate rate, bool measured,
                 UnitReport& report) {
  const int stride = kVectors ? kVectors * kLanes : run.stride;
  float *positive[kBprGroup], *negative[kBprGroup];
  alignas(64) float steps[16] = {};
  NEARER_UNROLL for (int s = 0; s < kBprGroup; s++) {
    const BprSample& sample = samples[s < count ? s : 0];
    positive[s] = run.item_rows + static_cast<int64_t>(sample.positive) * stride;
    negative[s] = run.item_rows + static_cast<int64_t>(sample.negative) * stride;
  }
  for (int s = 0; s < count; s += 4) {
    Vec total[4] = {};
    NEARER_UNROLL for (int q = 0; q < stride; q += kLanes) {
      const Vec user = load(mine + q);
      NEARER_UNROLL for (int t = 0; t < 4; t++)
        total[t] += user * (load(positive[s + t] + q) - load(negative[s + t] + q));
    }
    const Quad four = sums(total[0], total[1], total[2], total[3]);
    std::memcpy(steps + s, &four, sizeof four);
  }
  for (int s = 0; s < count; s++) steps[s] += run.biases[samples[s].positive] - run.biases[samples[s].negative];
  if (measured) {
    for (int s = 0; s < count; s++) report.loss += logistic_loss(steps[s]);
    report.pairs += count;
  }
  for (int s = 0; s < kBprGroup; s += kLanes) store(steps + s, broadcast(rate.rate) * sigmoid(-load(steps + s)));
  const Vec keep = broadcast(1.0f - rate.decay), keep_user = broadcast(1.0f - rate.decay * static_cast<float>(count));
  NEARER_UNROLL for (int q = 0; q < stride; q += kLanes) {
    const Vec user = load(mine + q);
    Vec moved = keep_user * user;
    for (int s = 0; s < count; s++) {
      const Vec step = broadcast(steps[s]), up = load(positive[s] + q), down = load(negative[s] + q);
      moved += step * (up - down);
      store(positive[s] + q, keep * up + step * user);
      store(negative[s] + q, keep * down - step * user);
    }
    store(mine + q, moved);
  }
  for (int s = 0; s < count; s++) {
    float &up = run.biases[samples[s].positive], &down = run.biases[samples[s].negative];
    up += steps[s] - rate.decay * up;
    down -= steps[s] + rate.decay * down;
  }
}

inline BprRate bpr_rate(const BprTraining& run, int64_t turn) {
  const double left = 1.0 - static_cast<double>(turn) / static_cast<double>(run.planned_units);
  const double span = static_cast<double>(run.learning_rate) - run.least_learning_rate;
  const float rate = static_cast<float>(run.least_learning_rate + span * (left > 0 ? left : 0.0));
  return {rate, rate * run.regularization};
}

inline void prefetch_sample(const BprTraining& run, const BprSample& sample) {
  prefetch_row(run.item_rows + static_cast<int64_t>(sample.positive) * run.stride, run.stride);
  prefetch_row(run.item_rows + static_cast<int64_t>(sample.negative) * run.stride, run.stride);
}

template <int kVectors>
UnitReport train_users(const BprTraining& run, int64_t unit, int64_t turn, Arena& arena) {
  BprSamples drawn(run, arena);
  std::memset(drawn.chosen, 0, sizeof(uint64_t) * static_cast<size_t>(BprSamples::words(run)));
  std::memset(drawn.samples, 0, sizeof(BprSample) * static_cast<size_t>(run.most_entries + kBprAhead + kBprGroup));
  const int64_t first = run.units[unit], users = run.units[unit + 1] - first;
  Random random = Random::of(run.seed, static_cast<uint64_t>(turn));
  int64_t end = 0;
  for (int64_t u = 0; u < users; u++) {
    end += draw_samples(run, first + u, random, drawn, drawn.samples + end);
    drawn.ends[u] = end;
  }
  const BprRate rate = bpr_rate(run, turn);
  UnitReport report{0.0, 0, run.indptr[first + users] - run.indptr[first]};
  for (int s = 0; s < kBprAhead; s++) prefetch_sample(run, drawn.samples[s]);
  int64_t at = 0, groups = 0;
  for (int64_t u = 0; u < users; u++) {
    float* const mine = run.user_rows + (first + u) * run.stride;
    while (at < drawn.ends[u]) {
      const int64_t left = drawn.ends[u] - at;
      const int count = static_cast<int>(left < kBprGroup ? left : kBprGroup);
      for (int s = 0; s < count; s++) prefetch_sample(run, drawn.samples[at + kBprAhead + s]);
      train_group<kVectors>(run, mine, drawn.samples + at, count, rate, groups++ % kBprLossEvery == 0, report);
      at += count;
    }
  }
  return report;
}

UnitReport train_bpr_unit(const BprTraining& run, int64_t unit, int64_t turn, void* scratch) {
  Arena arena{static_cast<char*>(scratch)};
#ifdef NEARER_MANY_REGISTERS
  switch (run.stride / kLanes) {
    case 2: return train_users<2>(run, unit, turn, arena);
    case 4: return train_users<4>(run, unit, turn, arena);
    case 8: return train_users<8>(run, unit, turn, arena);
    default: break;
  }
#endif
  return train_users<0>(run, unit, turn, arena);
}

int64_t bpr_scratch_bytes(const BprTraining& run) {
  Arena arena{nullptr};
  BprSamples drawn(run, arena);
  return arena.used;
}

}  // namespace
