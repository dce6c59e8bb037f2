// Exact top-k search: packs queries into panels, divides the work among threads, re-scores what they found.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <new>
#include <vector>

#include "dispatch.hpp"
#include "threads.hpp"

namespace nb = nanobind;

namespace nearer {
void bind_topk(nb::module_&);
}

namespace {

using nearer::TopkKernels;
using nearer::TopkScan;

template <class T>
using Vector = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Matrix = nb::ndarray<const float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
template <class T>
using Output = nb::ndarray<T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

enum Metric { kDot = 0, kCosine = 1, kEuclidean = 2 };

constexpr int64_t kPiecesPerThread = 4;     // pieces that threads take in turn: a slow core takes fewer
constexpr int64_t kPanelsToDivide = 16;     // panels a thread from which the queries are divided, not the rows
constexpr int64_t kFewestRows = 2048;       // rows of a piece worth a thread's time
constexpr int64_t kBatch = 64;              // queries whose candidates a thread ranks at a time
constexpr double kFewestProducts = 2e6;     // multiply-adds worth a second thread

struct Search {
  const float* queries;
  int64_t query_count;
  const float* rows;
  int64_t row_count, dim;
  const double* squared_norms;
  int metric;
  int64_t k;
  float* scores;       // (query_count, k)
  int64_t* best_rows;  // (query_count, k)
  const int64_t* excluded_from = nullptr;  // (query_count + 1) and what it points into; null: nothing is excluded
  const uint32_t* excluded = nullptr;
};

// What ranks a row in single precision: inner product * scale + offset, each (row_count).
struct RowFactors {
  const float *scale, *offset;
};

// How a search is cut: either the queries are divided among pieces, or the rows are.
struct Plan {
  int panel_vectors;
  int64_t width, panels;                // queries a panel; panels
  int64_t panels_a_piece, rows_a_piece;
  int64_t query_pieces, row_pieces;
  int64_t keep, capacity;
};

int64_t divide_up(int64_t amount, int64_t by) { return (amount + by - 1) / by; }

Plan plan_search(const Search& search, int lanes, int64_t threads) {
  Plan plan;
  plan.panel_vectors = search.query_count <= lanes ? 1 : nearer::kPanelVectors;
  plan.width = static_cast<int64_t>(plan.panel_vectors) * lanes;
  plan.panels = divide_up(search.query_count, plan.width);
  const int64_t pieces = threads == 1 ? 1 : threads * kPiecesPerThread;
  const bool divide_queries = plan.panels >= threads * kPanelsToDivide;
  plan.panels_a_piece = divide_queries ? divide_up(plan.panels, pieces) : plan.panels;
  plan.query_pieces = divide_up(plan.panels, plan.panels_a_piece);
  plan.rows_a_piece =
      divide_queries ? search.row_count : std::max(divide_up(search.row_count, pieces), kFewestRows);
  plan.row_pieces = divide_up(search.row_count, plan.rows_a_piece);
  // A few more than k: what single precision puts just below the k-th may belong above it.
  plan.keep = std::min(search.k + 8 + search.k / 8, search.row_count);
  plan.capacity = std::min(plan.keep + std::max<int64_t>(16, plan.keep / 2), plan.rows_a_piece);
  return plan;
}

struct AlignedDelete {
  void operator()(float* p) const { ::operator delete[](p, std::align_val_t(64)); }
};
using AlignedFloats = std::unique_ptr<float[], AlignedDelete>;

AlignedFloats aligned_floats(int64_t count) {
  return AlignedFloats(static_cast<float*>(::operator new[](count * sizeof(float), std::align_val_t(64))));
}

// Runs work(0) ... work(count - 1) on up to `threads` threads.
template <class Work>
void in_parallel(int64_t count, int64_t threads, const Work& work) {
  std::atomic<int64_t> next{0};
  nearer::run_on_threads(std::min(threads, count), [&](int64_t) {
    for (int64_t i = next++; i < count; i = next++) work(i);
  });
}

// Queries as panels: dimension by dimension, `width` queries side by side, zeros where there is no query.
AlignedFloats pack_panels(const Search& search, const Plan& plan) {
  AlignedFloats panels = aligned_floats(plan.panels * plan.width * search.dim);
  for (int64_t panel = 0; panel < plan.panels; panel++) {
    float* out = panels.get() + panel * plan.width * search.dim;
    for (int64_t lane = 0; lane < plan.width; lane++) {
      const int64_t query = panel * plan.width + lane;
      for (int64_t d = 0; d < search.dim; d++)
        out[d * plan.width + lane] = query < search.query_count ? search.queries[query * search.dim + d] : 0.0f;
    }
  }
  return panels;
}

struct Found {
  float score;  // higher is nearer; rounded, so that scores that are equal when they are returned are ties
  int64_t row;
};

// The score in double precision, from the vectors themselves; higher is nearer, so a distance is negated.
double exact_score(const TopkKernels& kernels, const Search& search, const float* query, double norm, int64_t row) {
  const float* vector = search.rows + row * search.dim;
  if (search.metric == kEuclidean) return 0.0 - std::sqrt(kernels.squared_distance(query, vector, search.dim));
  const double product = kernels.dot(query, vector, search.dim);
  if (search.metric == kDot) return product;
  const double norms = norm * std::sqrt(search.squared_norms[row]);
  return norms > 0 ? std::clamp(product / norms, -1.0, 1.0) : 0.0;
}

// Writes one query's k best of the rows `candidates`, nearest first, scored in double precision.
void rank_exactly(const TopkKernels& kernels, const Search& search, int64_t query,
                  const std::vector<int64_t>& candidates) {
  const float* vector = search.queries + query * search.dim;
  const double norm = std::sqrt(kernels.dot(vector, vector, search.dim));
  std::vector<Found> found;
  found.reserve(candidates.size());
  for (const int64_t row : candidates) {
    found.push_back({static_cast<float>(exact_score(kernels, search, vector, norm, row)), row});
  }
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    return a.score != b.score ? a.score > b.score : a.row < b.row;
  });
  for (int64_t i = 0; i < search.k; i++) {
    const bool have = i < static_cast<int64_t>(found.size());
    search.scores[query * search.k + i] = have ? found[i].score : std::numeric_limits<float>::quiet_NaN();
    search.best_rows[query * search.k + i] = have ? found[i].row : -1;
  }
}

// The rows of the `keep` best candidates.
std::vector<int64_t> best_candidates(std::vector<uint64_t>& candidates, int64_t keep) {
  if (static_cast<int64_t>(candidates.size()) > keep) {
    std::nth_element(candidates.begin(), candidates.begin() + (keep - 1), candidates.end(), std::greater<>());
    candidates.resize(keep);
  }
  std::vector<int64_t> rows;
  for (const uint64_t candidate : candidates) rows.push_back(nearer::row_of(candidate));
  return rows;
}

void run_search(const TopkKernels& kernels, const Search& search, const RowFactors& factors,
                int64_t threads) {
  const double products = static_cast<double>(search.query_count) * search.row_count * search.dim;
  if (products < kFewestProducts) threads = 1;
  const Plan plan = plan_search(search, kernels.lanes, threads);
  const int64_t queries = plan.panels * plan.width;
  const AlignedFloats panels = pack_panels(search, plan);
  const AlignedFloats thresholds = aligned_floats(plan.row_pieces * queries);
  std::vector<int64_t> counts(plan.row_pieces * queries, 0);
  const std::unique_ptr<uint64_t[]> candidates(new uint64_t[plan.row_pieces * queries * plan.capacity]);
  for (int64_t i = 0; i < plan.row_pieces * queries; i++)  // an empty lane takes nothing
    thresholds[i] = (i % queries < search.query_count ? -1 : 1) * std::numeric_limits<float>::infinity();

  in_parallel(plan.query_pieces * plan.row_pieces, threads, [&](int64_t piece) {
    const int64_t row_piece = piece % plan.row_pieces, panel = piece / plan.row_pieces * plan.panels_a_piece;
    const int64_t first = row_piece * plan.rows_a_piece, slot = row_piece * queries + panel * plan.width;
    kernels.scan({search.rows, search.dim, first, std::min(first + plan.rows_a_piece, search.row_count),
                  factors.scale, factors.offset, panels.get() + panel * plan.width * search.dim,
                  std::min(plan.panels_a_piece, plan.panels - panel), plan.panel_vectors, plan.keep, plan.capacity,
                  candidates.get() + slot * plan.capacity, counts.data() + slot, thresholds.get() + slot,
                  search.excluded_from ? search.excluded_from + panel * plan.width : nullptr, search.excluded});
  });

  in_parallel(divide_up(search.query_count, kBatch), threads, [&](int64_t batch) {
    std::vector<uint64_t> of_query;
    for (int64_t query = batch * kBatch; query < std::min((batch + 1) * kBatch, search.query_count); query++) {
      of_query.clear();
      for (int64_t piece = 0; piece < plan.row_pieces; piece++) {
        const int64_t slot = piece * queries + query;
        const uint64_t* list = candidates.get() + slot * plan.capacity;
        of_query.insert(of_query.end(), list, list + counts[slot]);
      }
      rank_exactly(kernels, search, query, best_candidates(of_query, plan.keep));
    }
  });
}

Search search_of(Matrix queries, Matrix rows, Vector<double> squared_norms, int metric, Output<float> scores,
                 Output<int64_t> best_rows) {
  return {queries.data(), static_cast<int64_t>(queries.shape(0)),
          rows.data(),    static_cast<int64_t>(rows.shape(0)),
          static_cast<int64_t>(rows.shape(1)),
          squared_norms.data(), metric, static_cast<int64_t>(scores.shape(1)), scores.data(), best_rows.data()};
}

void topk(Matrix queries, Matrix rows, Vector<float> scale, Vector<float> offset, Vector<double> squared_norms,
          int metric, Vector<int64_t> excluded_from, Vector<uint32_t> excluded, int64_t threads,
          const std::string& variant, Output<float> scores, Output<int64_t> best_rows) {
  const TopkKernels& kernels = nearer::kernels(variant).topk;
  Search search = search_of(queries, rows, squared_norms, metric, scores, best_rows);
  if (excluded_from.shape(0) > 0) {
    search.excluded_from = excluded_from.data();
    search.excluded = excluded.data();
  }
  const RowFactors factors{scale.data(), offset.data()};
  nb::gil_scoped_release released;
  run_search(kernels, search, factors, threads);
}

// Ranks given candidates (row numbers, negative where there is none) instead of all rows.
void rank(Matrix queries, Matrix rows, Vector<double> squared_norms, int metric,
          nb::ndarray<const int64_t, nb::ndim<2>, nb::c_contig, nb::device::cpu> candidates, int64_t threads,
          const std::string& variant, Output<float> scores, Output<int64_t> best_rows) {
  const TopkKernels& kernels = nearer::kernels(variant).topk;
  const Search search = search_of(queries, rows, squared_norms, metric, scores, best_rows);
  const int64_t* given = candidates.data();
  const int64_t width = static_cast<int64_t>(candidates.shape(1));
  nb::gil_scoped_release released;
  in_parallel(divide_up(search.query_count, kBatch), threads, [&](int64_t batch) {
    for (int64_t query = batch * kBatch; query < std::min((batch + 1) * kBatch, search.query_count); query++) {
      std::vector<int64_t> kept;
      for (const int64_t* row = given + query * width; row < given + (query + 1) * width; row++)
        if (*row >= 0) kept.push_back(*row);
      rank_exactly(kernels, search, query, kept);
    }
  });
}

void squared_norms(Matrix rows, int64_t threads, const std::string& variant, nb::ndarray<double, nb::ndim<1>> out) {
  const TopkKernels& kernels = nearer::kernels(variant).topk;
  const int64_t count = static_cast<int64_t>(rows.shape(0)), dim = static_cast<int64_t>(rows.shape(1));
  const float* data = rows.data();
  double* norms = out.data();
  nb::gil_scoped_release released;
  in_parallel(divide_up(count, kFewestRows), threads, [&](int64_t piece) {
    for (int64_t row = piece * kFewestRows; row < std::min((piece + 1) * kFewestRows, count); row++)
      norms[row] = kernels.dot(data + row * dim, data + row * dim, dim);
  });
}

}  // namespace

void nearer::bind_topk(nb::module_& m) {
  m.def("topk", &topk);
  m.def("rank", &rank);
  m.def("squared_norms", &squared_norms);
}
