#include "cooccurrence.hpp"

#include <algorithm>

#include "word_training.hpp"

namespace nearer {
namespace {

constexpr int64_t kAhead = 8;          // occurrences whose windows are fetched ahead
constexpr int64_t kSparseFactor = 16;  // a row with fewer cells than words / this is sorted, not scanned

// One row under way: a cell a word, and which of them are in use.
class Accumulator {
 public:
  explicit Accumulator(uint32_t vocabulary) : cells_(vocabulary), used_(vocabulary + 1), marks_(vocabulary / 64 + 1) {}

  void add(uint32_t column, uint64_t weight) {
    used_[count_] = column;
    count_ += cells_[column] == 0;
    cells_[column] += weight;
  }

  // Appends the row to `rows`, by column, and clears it.
  void finish_row(CountedRows& rows) {
    rows.lengths.push_back(count_);
    if (count_ * kSparseFactor < static_cast<int64_t>(marks_.size())) {
      std::sort(used_.begin(), used_.begin() + count_);
      for (int64_t i = 0; i < count_; i++) take(used_[i], rows);
    } else {
      for (int64_t i = 0; i < count_; i++) marks_[used_[i] / 64] |= uint64_t{1} << (used_[i] % 64);
      for (size_t word = 0; word < marks_.size(); word++) {
        for (uint64_t left = marks_[word]; left; left &= left - 1)
          take(static_cast<uint32_t>(word * 64 + __builtin_ctzll(left)), rows);
        marks_[word] = 0;
      }
    }
    count_ = 0;
  }

 private:
  void take(uint32_t column, CountedRows& rows) {
    rows.columns.push_back(static_cast<int32_t>(column));
    rows.weights.push_back(cells_[column]);
    cells_[column] = 0;
  }

  PagedVector<uint64_t> cells_;
  PagedVector<uint32_t> used_;
  PagedVector<uint64_t> marks_;
  int64_t count_ = 0;
};

// Adds the contexts of the token at `at`; windows end where lines do.
inline void add_window(const Windows& windows, int64_t at, Accumulator& row) {
  const uint32_t* const tokens = windows.tokens;
  const int64_t left = std::min(windows.window, at);
  for (int64_t d = 1; d <= left; d++) {
    if (tokens[at - d + 1] & kLineStart) break;
    row.add(tokens[at - d] & ~kLineStart, windows.weights[d - 1]);
  }
  if (!windows.both_sides) return;
  const int64_t right = std::min(windows.window, windows.token_count - 1 - at);
  for (int64_t d = 1; d <= right; d++) {
    const uint32_t token = tokens[at + d];
    if (token & kLineStart) break;
    row.add(token, windows.weights[d - 1]);
  }
}

// Room for as many cells as rows can have; pages that stay unwritten take none.
CountedRows room_for(int64_t rows, int64_t cells) {
  CountedRows counted;
  counted.lengths.reserve(static_cast<size_t>(rows));
  counted.columns.reserve(static_cast<size_t>(cells));
  counted.weights.reserve(static_cast<size_t>(cells));
  return counted;
}

}  // namespace

void group_positions(const uint32_t* tokens, int64_t begin, int64_t end, uint32_t vocabulary, int64_t* starts,
                     uint32_t* positions) {
  std::fill(starts, starts + vocabulary + 1, 0);
  for (int64_t i = begin; i < end; i++) starts[(tokens[i] & ~kLineStart) + 1]++;
  for (uint32_t word = 0; word < vocabulary; word++) starts[word + 1] += starts[word];
  PagedVector<int64_t> next(starts, starts + vocabulary);
  for (int64_t i = begin; i < end; i++) positions[next[tokens[i] & ~kLineStart]++] = static_cast<uint32_t>(i - begin);
}

CountedRows count_rows(const Windows& windows, const int64_t* starts, const uint32_t* positions, int64_t begin,
                       uint32_t first, uint32_t last) {
  const int64_t contexts = windows.window * (windows.both_sides ? 2 : 1);
  int64_t most = 0;
  for (uint32_t word = first; word < last; word++)
    most += std::min<int64_t>((starts[word + 1] - starts[word]) * contexts, windows.vocabulary);
  Accumulator row(windows.vocabulary);
  CountedRows rows = room_for(last - first, most);
  for (uint32_t word = first; word < last; word++) {
    const int64_t end = starts[word + 1];
    for (int64_t i = starts[word]; i < end; i++) {
      if (i + kAhead < end) {
        const uint32_t* const ahead = windows.tokens + begin + positions[i + kAhead];
        __builtin_prefetch(ahead - std::min<int64_t>(begin + positions[i + kAhead], 12));
        __builtin_prefetch(ahead + 4);
      }
      add_window(windows, begin + positions[i], row);
    }
    row.finish_row(rows);
  }
  return rows;
}

CountedRows merge_rows(const CountedPieces& pieces, uint32_t first, uint32_t last) {
  const auto starts_of = [&](int64_t piece) {
    return pieces.starts + piece * (static_cast<int64_t>(pieces.vocabulary) + 1);
  };
  int64_t most = 0;
  for (uint32_t word = first; word < last; word++) {
    int64_t cells = 0;
    for (int64_t piece = 0; piece < pieces.pieces; piece++)
      cells += starts_of(piece)[word + 1] - starts_of(piece)[word];
    most += std::min<int64_t>(cells, pieces.vocabulary);
  }
  Accumulator row(pieces.vocabulary);
  CountedRows rows = room_for(last - first, most);
  for (uint32_t word = first; word < last; word++) {
    for (int64_t piece = 0; piece < pieces.pieces; piece++) {
      const int64_t* const starts = starts_of(piece);
      for (int64_t i = starts[word]; i < starts[word + 1]; i++)
        row.add(static_cast<uint32_t>(pieces.columns[i]), pieces.weights[i]);
    }
    row.finish_row(rows);
  }
  return rows;
}

}  // namespace nearer
