// Random walks: see walks.hpp.
#include "walks.hpp"

#include <algorithm>
#include <atomic>
#include <vector>

#include "random.hpp"
#include "threads.hpp"
#include "word_training.hpp"

namespace nearer {
namespace {

constexpr uint64_t kWalkStream = 0x8CB92BA72F3D8DD7ull;  // sets the walks' streams apart from those of training
constexpr int64_t kShare = 1024;  // walks or nodes that a thread takes at a time
constexpr int kTries = 64;        // proposals refused before all arcs of a node are looked at

float unit_interval(Random& random) { return static_cast<float>(random.next() >> 40) * 0x1p-24f; }

// The place of the arc from -> to, or -1.
int64_t arc_between(const WalkGraph& graph, uint32_t from, uint32_t to) {
  const uint32_t* begin = graph.indices + graph.indptr[from];
  const uint32_t* end = graph.indices + graph.indptr[from + 1];
  const uint32_t* found = std::lower_bound(begin, end, to);
  return found < end && *found == to ? found - graph.indices : -1;
}

// The place of an arc that leaves `node`, by weight.
int64_t propose(const WalkGraph& graph, uint32_t node, Random& random) {
  const int64_t first = graph.indptr[node];
  const uint32_t degree = static_cast<uint32_t>(graph.indptr[node + 1] - first);
  if (graph.alias) return first + draw(reinterpret_cast<const AliasSlot*>(graph.alias) + first, degree, random);
  return first + below(static_cast<uint32_t>(random.next() >> 32), degree);
}

// One walk's state: where it is and where it came from.
struct Walker {
  const WalkPlan& plan;
  const WalkGraph& graph;
  Random random;
  uint32_t before = 0, here = 0;

  Walker(const WalkPlan& p, uint64_t stream)
      : plan(p), graph(p.graph), random(Random::of(p.seed ^ kWalkStream, stream)) {}

  bool stuck() const { return graph.indptr[here] == graph.indptr[here + 1]; }

  uint32_t first_order() { return graph.indices[propose(graph, here, random)]; }

  // Bias of an arc that leads neither back nor is known to be ordinary, of node2vec (Grover & Leskovec 2016).
  float bias(uint32_t next) const { return arc_between(graph, before, next) >= 0 ? 1.0f : plan.out; }

  // The same of node2vec+ (Liu et al. 2023): how tight the arcs are decides, by the usual weights of their ends.
  float extended_bias(int64_t arc) const {
    const uint32_t next = graph.indices[arc];
    const int64_t known = arc_between(graph, before, next);
    const float tie = known < 0 ? 0.0f : graph.weights[known] / plan.usual[next];
    if (tie >= 1) return 1.0f;
    if (graph.weights[arc] < plan.usual[here]) return std::min(1.0f, plan.out);
    return plan.out + (1.0f - plan.out) * tie;
  }

  uint32_t second_order() {
    const float most = std::max(1.0f, plan.out), least = std::min(1.0f, plan.out);
    const float surplus = plan.back - most;
    double folded = 0.0;  // weight of the way back above what a proposal can give it
    double total = 0.0;
    if (surplus > 0) {
      const int64_t arc = arc_between(graph, here, before);
      if (arc >= 0) folded = static_cast<double>(graph.weights ? graph.weights[arc] : 1.0f) * surplus;
      const double proposals = graph.weights ? graph.totals[here]
                                             : static_cast<double>(graph.indptr[here + 1] - graph.indptr[here]);
      total = folded + most * proposals;
    }
    for (int tries = 0; tries < kTries; tries++) {
      if (folded > 0 && static_cast<double>(random.next() >> 11) * 0x1p-53 * total < folded) return before;
      const int64_t arc = propose(graph, here, random);
      const uint32_t next = graph.indices[arc];
      const float drawn = unit_interval(random) * most;
      if (next == before) {
        if (drawn < std::min(plan.back, most)) return next;
        continue;
      }
      if (drawn < least) return next;
      if (drawn < (plan.usual ? extended_bias(arc) : bias(next))) return next;
    }
    return enumerated();
  }

  // The same where nearly all is refused: from the biases of all arcs.
  uint32_t enumerated() {
    const int64_t first = graph.indptr[here], last = graph.indptr[here + 1];
    double total = 0.0;
    for (int64_t arc = first; arc < last; arc++) total += mass(arc);
    double left = static_cast<double>(random.next() >> 11) * 0x1p-53 * total;
    int64_t arc = first;
    for (; arc + 1 < last && (left -= mass(arc)) >= 0; arc++) {}
    return graph.indices[arc];
  }

  // Weight of an arc times its bias.
  double mass(int64_t arc) const {
    const uint32_t next = graph.indices[arc];
    const float weight = graph.weights ? graph.weights[arc] : 1.0f;
    if (next == before) return static_cast<double>(weight) * plan.back;
    return static_cast<double>(weight) * (plan.usual ? extended_bias(arc) : bias(next));
  }

  // Sets `next` to a neighbour of the wanted type by weight; false where there is none.
  bool typed(uint16_t type, uint32_t& next) {
    const int64_t first = graph.indptr[here], last = graph.indptr[here + 1];
    double total = 0.0;
    for (int64_t arc = first; arc < last; arc++)
      if (plan.types[graph.indices[arc]] == type) total += graph.weights ? graph.weights[arc] : 1.0f;
    double left = static_cast<double>(random.next() >> 11) * 0x1p-53 * total;
    bool found = false;
    for (int64_t arc = first; arc < last && left >= 0; arc++) {
      if (plan.types[graph.indices[arc]] != type) continue;
      next = graph.indices[arc];
      found = true;
      left -= graph.weights ? graph.weights[arc] : 1.0f;
    }
    return found;
  }
};

// Runs work(first, last) for shares of [first, last) on several threads.
template <class Work>
void in_shares(int64_t first, int64_t last, int64_t threads, const Work& work) {
  std::atomic<int64_t> next{first};
  run_on_threads(threads, [&](int64_t) {
    for (int64_t begin = next.fetch_add(kShare); begin < last; begin = next.fetch_add(kShare))
      work(begin, std::min(begin + kShare, last));
  });
}

// Vose's alias table of the weights of one node.
void build_row(const float* weights, int64_t degree, AliasSlot* slots, std::vector<uint32_t>& small,
               std::vector<uint32_t>& large, std::vector<double>& share, float* total) {
  double sum = 0.0;
  for (int64_t i = 0; i < degree; i++) sum += weights[i];
  *total = static_cast<float>(sum);
  small.clear();
  large.clear();
  share.resize(static_cast<size_t>(degree));
  for (int64_t i = 0; i < degree; i++) {
    share[i] = weights[i] * (static_cast<double>(degree) / sum);
    (share[i] < 1.0 ? small : large).push_back(static_cast<uint32_t>(i));
    slots[i] = {0xFFFFFFFFu, static_cast<uint32_t>(i)};
  }
  while (!small.empty() && !large.empty()) {
    const uint32_t poor = small.back(), rich = large.back();
    small.pop_back();
    slots[poor] = {static_cast<uint32_t>(std::min(share[poor] * 0x1p32, 0x1p32 - 1)), rich};
    share[rich] -= 1.0 - share[poor];
    if (share[rich] < 1.0) {
      large.pop_back();
      small.push_back(rich);
    }
  }
}

}  // namespace

int64_t walk_nodes(const WalkPlan& plan, int64_t walk, uint32_t* nodes) {
  const uint32_t start = plan.order[walk % plan.starts];
  Walker walker(plan, static_cast<uint64_t>(walk / plan.starts * plan.graph.nodes + start));
  walker.here = nodes[0] = start;
  const bool plain = plan.back == 1 && plan.out == 1;
  for (int64_t i = 1; i < plan.length; i++) {
    if (walker.stuck()) return i;
    uint32_t next;
    if (plan.types) {
      if (!walker.typed(plan.metapath[i % plan.steps], next)) return i;
    } else {
      next = plain || i == 1 ? walker.first_order() : walker.second_order();
    }
    walker.before = walker.here;
    walker.here = nodes[i] = next;
  }
  return plan.length;
}

int64_t fill_unit(const void* context, int64_t unit, uint32_t* tokens) {
  const WalkPlan& plan = *static_cast<const WalkPlan*>(context);
  const int64_t all = plan.starts * plan.walks, units = (all + plan.walks_a_unit - 1) / plan.walks_a_unit;
  const int64_t first = unit % units * plan.walks_a_unit, last = std::min(first + plan.walks_a_unit, all);
  int64_t count = 0;
  for (int64_t walk = first; walk < last; walk++) {
    const int64_t length = walk_nodes(plan, walk, tokens + count);
    tokens[count] |= kLineStart;
    count += length;
  }
  return count;
}

void count_visits(const WalkPlan& plan, int64_t first, int64_t last, int64_t threads, int64_t* visits) {
  in_shares(first, last, threads, [&](int64_t begin, int64_t end) {
    std::vector<uint32_t> nodes(static_cast<size_t>(plan.length));
    for (int64_t walk = begin; walk < end; walk++) {
      const int64_t length = walk_nodes(plan, walk, nodes.data());
      for (int64_t i = 0; i < length; i++) __atomic_fetch_add(visits + nodes[i], int64_t{1}, __ATOMIC_RELAXED);
    }
  });
}

void build_alias(const int64_t* indptr, const float* weights, int64_t nodes, int64_t threads, uint32_t* slots,
                 float* totals) {
  in_shares(0, nodes, threads, [&](int64_t begin, int64_t end) {
    std::vector<uint32_t> small, large;
    std::vector<double> share;
    for (int64_t node = begin; node < end; node++)
      build_row(weights + indptr[node], indptr[node + 1] - indptr[node],
                reinterpret_cast<AliasSlot*>(slots) + indptr[node], small, large, share,
                totals + node);
  });
}

}  // namespace nearer
