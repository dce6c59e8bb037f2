// Phrases over word ids: counting the pairs that may become one, and joining those that did, in place.
//
// A pair is two words with nothing between them, or with connector words (of, the) only. The connectors between
// are a run: runs are numbered along a trie, so that a pair is three numbers, whatever stands between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nearer {

// What a word may be in a phrase.
enum class PhraseRole : uint8_t { part = 0, connector = 1, none = 2 };

// Runs of connector words, numbered in order of first sight; run 0 is the empty one.
class ConnectorRuns {
 public:
  static constexpr uint32_t kUnknown = UINT32_MAX;

  ConnectorRuns();
  uint32_t find(uint32_t run, uint32_t word) const;  // `run` and one more word, or kUnknown
  uint32_t add(uint32_t run, uint32_t word);         // the same, numbered if it is new
  uint32_t size() const { return static_cast<uint32_t>(nodes_.size()); }
  std::vector<uint32_t> words(uint32_t run) const;

 private:
  struct Slot {
    uint64_t key;
    uint32_t run;
  };
  struct Node {
    uint32_t before, word;
  };
  size_t place(uint64_t key) const;

  std::vector<Slot> slots_;
  std::vector<Node> nodes_;
};

struct PairCount {
  uint32_t first, second, run;
  int64_t count;
};

struct CountedPairs {
  std::vector<PairCount> frequent;  // seen `min_count` times, ordered by (first, second, run)
  int64_t distinct = 0;             // different pairs, whatever their count
  ConnectorRuns runs;
};

// Counts the pairs in `tokens` (bit 31 marks the first of a line; pairs do not cross lines). Threads share the
// pairs by hash, so the result does not depend on how many there are.
CountedPairs count_pairs(const uint32_t* tokens, int64_t count, const PhraseRole* roles, int64_t min_count,
                         int64_t threads);

// Phrases by their parts: phrase p is parts[ends[p - 1] .. ends[p]] and becomes ids[p].
struct PhraseList {
  const uint32_t* parts;
  const int64_t* ends;
  const uint32_t* ids;
  int64_t count;
};

// Joins phrases in place, greedily from left to right; `uses[p]` counts how often phrase p was. Returns the
// number of tokens that are left. The result does not depend on the threads.
int64_t join_phrases(uint32_t* tokens, int64_t count, const PhraseRole* roles, size_t words,
                     const PhraseList& phrases, int64_t* uses, int64_t threads);

}  // namespace nearer
