// Random walks on a graph: uniform or by weight (DeepWalk), second-order (node2vec, node2vec+), along metapaths.
//
// A step of second order is drawn by rejection: a neighbour is proposed by weight and accepted with its bias over
// the largest one. The way back, whose bias 1 / p may be far above the others, is folded in apart (Yang et al.
// 2019, "KnightKing"), so that few proposals are refused; nothing is kept per pair of edges.
#pragma once

#include <cstdint>

namespace nearer {

// A graph as compressed sparse rows, with what weighted steps need.
struct WalkGraph {
  const int64_t* indptr;    // (nodes + 1)
  const uint32_t* indices;  // (arcs), rising within a node
  const float* weights;     // (arcs), or null: every arc weighs 1
  const uint32_t* alias;    // (arcs, 2) threshold and alias: a Walker table a node, slots counted from its first arc
  const float* totals;      // (nodes) weight of the arcs that leave a node; null without weights
  int64_t nodes;
};

// What walks are wanted. Walk w of [0, walks * starts) is round w / starts from node order[w % starts].
struct WalkPlan {
  WalkGraph graph;
  const uint32_t* order;  // (starts)
  int64_t starts, walks;
  int64_t length;         // nodes of a walk
  float back, out;        // 1 / p and 1 / q
  const float* usual;     // (nodes) weights below which an arc is loose, of node2vec+; else null
  const uint16_t* types;  // (nodes), with a metapath; else null
  const uint16_t* metapath;  // (steps): a walk's node i has type metapath[i % steps]
  int64_t steps;
  uint64_t seed;
  int64_t walks_a_unit;
};

// Writes walk `walk` to `nodes` (length) and returns how many nodes it has: it ends early where no arc leads on.
int64_t walk_nodes(const WalkPlan& plan, int64_t walk, uint32_t* nodes);

// Writes the walks of unit `unit`, counted over all epochs, as tokens, the first of each marked as a line start.
int64_t fill_unit(const void* plan, int64_t unit, uint32_t* tokens);

// Adds to `visits` (nodes) how often the walks [first, last) come to each node.
void count_visits(const WalkPlan& plan, int64_t first, int64_t last, int64_t threads, int64_t* visits);

// Alias tables of all rows of weights, Vose's construction (1991); `totals` (nodes) are their sums.
void build_alias(const int64_t* indptr, const float* weights, int64_t nodes, int64_t threads, uint32_t* slots,
                 float* totals);

}  // namespace nearer
