#include "phrases.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <new>
#include <stdexcept>

#include "pages.hpp"
#include "threads.hpp"
#include "word_training.hpp"

namespace nearer {
namespace {

constexpr uint64_t kFree = UINT64_MAX;
constexpr uint32_t kNoWord = UINT32_MAX;

uint64_t mix(uint64_t a, uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product >> 64) ^ static_cast<uint64_t>(product);
}

// Asks the system for large pages, which spares a table that is read at random most of its page faults.
void advise_large_pages([[maybe_unused]] void* memory, [[maybe_unused]] size_t bytes) {
#ifdef MADV_HUGEPAGE
  if (bytes >= size_t{4} << 20) madvise(memory, bytes, MADV_HUGEPAGE);
#endif
}

struct PairKey {
  uint64_t words;  // first << 32 | second
  uint32_t run;

  uint64_t hash() const { return mix(words ^ 0xA0761D6478BD642Full, run * 0x9E3779B97F4A7C15ull ^ 0xE7037ED1A0B428DBull); }
};

// Calls found(first, second, run) for every pair of the text, in reading order.
template <class Found>
void for_each_pair(const uint32_t* tokens, int64_t count, const PhraseRole* roles, ConnectorRuns& runs,
                   const Found& found) {
  uint32_t first = kNoWord, run = 0;
  for (int64_t i = 0; i < count; i++) {
    const uint32_t word = tokens[i] & ~kLineStart;
    if (tokens[i] & kLineStart) first = kNoWord;
    const PhraseRole role = roles[word];
    if (role == PhraseRole::connector) {
      if (first != kNoWord) run = runs.add(run, word);
      continue;
    }
    if (role == PhraseRole::part && first != kNoWord) found(first, word, run);
    first = role == PhraseRole::part ? word : kNoWord;
    run = 0;
  }
}

// Pairs and their counts: open addressing, sixteen bytes a slot, updated in batches whose slots are fetched ahead.
class PairTable {
 public:
  static constexpr int kBatch = 32;
  static constexpr int kCountBits = 36;  // of a slot's `value`; the run is above them
  static constexpr uint64_t kCountMask = (uint64_t{1} << kCountBits) - 1;

  PairTable() : slots_(1 << 12, Slot{}) {}

  void add(PairKey key, uint64_t hash) {
    __builtin_prefetch(&slots_[hash & (slots_.size() - 1)], 1);
    waiting_[waiting_count_++] = {key, hash};
    if (waiting_count_ == kBatch) flush();
  }

  // Counts what waits; call once more after the last pair.
  void flush() {
    for (int i = 0; i < waiting_count_; i++) count_one(waiting_[i].key, waiting_[i].hash);
    waiting_count_ = 0;
    if ((used_ + kBatch) * 3 > slots_.size() * 2) grow();
  }

  size_t size() const { return used_; }

  void append_frequent(int64_t min_count, std::vector<PairCount>& to) const {
    for (const Slot& slot : slots_) {
      const auto count = static_cast<int64_t>(slot.value & kCountMask);
      if (count < min_count || count == 0) continue;
      to.push_back({static_cast<uint32_t>(slot.words >> 32), static_cast<uint32_t>(slot.words),
                    static_cast<uint32_t>(slot.value >> kCountBits), count});
    }
  }

 private:
  struct Slot {
    uint64_t words, value;  // value: run << kCountBits | count; 0: free
  };
  struct Waiting {
    PairKey key;
    uint64_t hash;
  };

  void count_one(PairKey key, uint64_t hash) {
    const size_t mask = slots_.size() - 1;
    for (size_t at = hash & mask;; at = (at + 1) & mask) {
      Slot& slot = slots_[at];
      if (slot.value == 0) {
        slot = {key.words, uint64_t{key.run} << kCountBits | 1};
        used_++;
        return;
      }
      if (slot.words == key.words && slot.value >> kCountBits == key.run) {
        slot.value++;
        return;
      }
    }
  }

  void grow() {
    PagedVector<Slot> old;
    old.reserve(slots_.size() * 2);
    advise_large_pages(old.data(), old.capacity() * sizeof(Slot));
    old.resize(slots_.size() * 2);
    old.swap(slots_);
    const size_t mask = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.value == 0) continue;
      size_t at = PairKey{slot.words, static_cast<uint32_t>(slot.value >> kCountBits)}.hash() & mask;
      while (slots_[at].value != 0) at = (at + 1) & mask;
      slots_[at] = slot;
    }
  }

  PagedVector<Slot> slots_;
  size_t used_ = 0;
  Waiting waiting_[kBatch];
  int waiting_count_ = 0;
};

// The pairs whose hash falls to `share` of `shares`.
CountedPairs count_share(const uint32_t* tokens, int64_t count, const PhraseRole* roles, int64_t min_count,
                         uint64_t share, uint64_t shares) {
  CountedPairs counted;
  PairTable table;
  for_each_pair(tokens, count, roles, counted.runs, [&](uint32_t first, uint32_t second, uint32_t run) {
    const PairKey key{uint64_t{first} << 32 | second, run};
    const uint64_t hash = key.hash();
    if (((hash >> 32) * shares) >> 32 == share) table.add(key, hash);
  });
  table.flush();
  if (counted.runs.size() >= uint64_t{1} << (64 - PairTable::kCountBits))
    throw std::length_error("too many different runs of connector words");
  counted.distinct = static_cast<int64_t>(table.size());
  table.append_frequent(min_count, counted.frequent);
  return counted;
}

}  // namespace

ConnectorRuns::ConnectorRuns() : slots_(64, Slot{kFree, 0}), nodes_(1, Node{0, 0}) {}

size_t ConnectorRuns::place(uint64_t key) const {
  const size_t mask = slots_.size() - 1;
  size_t at = mix(key ^ 0xA0761D6478BD642Full, 0xE7037ED1A0B428DBull) & mask;
  while (slots_[at].key != kFree && slots_[at].key != key) at = (at + 1) & mask;
  return at;
}

uint32_t ConnectorRuns::find(uint32_t run, uint32_t word) const {
  if (run == kUnknown) return kUnknown;
  const Slot& slot = slots_[place(uint64_t{run} << 32 | word)];
  return slot.key == kFree ? kUnknown : slot.run;
}

uint32_t ConnectorRuns::add(uint32_t run, uint32_t word) {
  const uint64_t key = uint64_t{run} << 32 | word;
  const size_t at = place(key);
  if (slots_[at].key == key) return slots_[at].run;
  const uint32_t added = size();
  slots_[at] = {key, added};
  nodes_.push_back({run, word});
  if (nodes_.size() * 2 > slots_.size()) {
    std::vector<Slot> old(slots_.size() * 2, Slot{kFree, 0});
    old.swap(slots_);
    for (const Slot& slot : old)
      if (slot.key != kFree) slots_[place(slot.key)] = slot;
  }
  return added;
}

std::vector<uint32_t> ConnectorRuns::words(uint32_t run) const {
  std::vector<uint32_t> words;
  for (; run != 0; run = nodes_[run].before) words.push_back(nodes_[run].word);
  std::reverse(words.begin(), words.end());
  return words;
}

CountedPairs count_pairs(const uint32_t* tokens, int64_t count, const PhraseRole* roles, int64_t min_count,
                         int64_t threads) {
  std::vector<CountedPairs> shares(static_cast<size_t>(threads));
  std::vector<const char*> faults(shares.size(), nullptr);
  std::atomic<size_t> next{0};
  run_on_threads(threads, [&](int64_t) {
    for (size_t share; (share = next++) < shares.size();) {
      try {
        shares[share] = count_share(tokens, count, roles, min_count, share, shares.size());
      } catch (const std::length_error& error) {
        faults[share] = "runs";
      } catch (const std::bad_alloc&) {
        faults[share] = "memory";
      }
    }
  });
  for (const char* fault : faults) {
    if (fault && fault[0] == 'm') throw std::bad_alloc();
    if (fault) throw std::length_error("too many different runs of connector words");
  }
  CountedPairs all = std::move(shares.front());  // every share has numbered the same runs
  for (size_t share = 1; share < shares.size(); share++) {
    all.distinct += shares[share].distinct;
    all.frequent.insert(all.frequent.end(), shares[share].frequent.begin(), shares[share].frequent.end());
  }
  std::sort(all.frequent.begin(), all.frequent.end(), [](const PairCount& a, const PairCount& b) {
    return a.first != b.first ? a.first < b.first : a.second != b.second ? a.second < b.second : a.run < b.run;
  });
  return all;
}

namespace {

// Where a pair of words, with the connectors between them, is looked up among the phrases.
class PhraseTable {
 public:
  static constexpr uint8_t kConnector = 1, kBegins = 2, kEnds = 4;

  PhraseTable(const PhraseRole* roles, size_t words, const PhraseList& phrases) : marks_(words, 0) {
    for (size_t word = 0; word < words; word++) marks_[word] = roles[word] == PhraseRole::connector ? kConnector : 0;
    size_t size = 64;
    while (size < static_cast<size_t>(phrases.count) * 2) size *= 2;
    slots_.assign(size, Slot{kFree, 0, 0});
    int64_t begin = 0;
    for (int64_t p = 0; p < phrases.count; begin = phrases.ends[p++]) {
      const uint32_t *first = phrases.parts + begin, *last = phrases.parts + phrases.ends[p] - 1;
      uint32_t run = 0;
      for (const uint32_t* word = first + 1; word < last; word++) run = runs_.add(run, *word);
      marks_[*first] |= kBegins;
      marks_[*last] |= kEnds;
      const PairKey key{uint64_t{*first} << 32 | *last, run};
      Slot& slot = slots_[place(key)];
      if (slot.words == kFree) slot = {key.words, run, static_cast<uint32_t>(p)};
    }
  }

  uint8_t marks(uint32_t word) const { return marks_[word]; }

  uint32_t longer(uint32_t run, uint32_t word) const { return runs_.find(run, word); }

  // The phrase's number, or -1.
  int64_t find(PairKey key) const {
    const Slot& slot = slots_[place(key)];
    return slot.words == kFree ? -1 : int64_t{slot.phrase};
  }

 private:
  struct Slot {
    uint64_t words;
    uint32_t run, phrase;
  };

  size_t place(PairKey key) const {
    const size_t mask = slots_.size() - 1;
    size_t at = key.hash() & mask;
    while (slots_[at].words != kFree && (slots_[at].words != key.words || slots_[at].run != key.run))
      at = (at + 1) & mask;
    return at;
  }

  ConnectorRuns runs_;
  PagedVector<Slot> slots_;
  std::vector<uint8_t> marks_;
};

// A stretch of the text that no phrase leaves, and what became of it.
struct Stretch {
  int64_t begin, end;
  int64_t left = 0;
  std::vector<int64_t> uses;
};

// At most `wanted` stretches. One may begin at a line, and behind a word that no phrase begins with.
std::vector<Stretch> stretches_of(const uint32_t* tokens, int64_t count, const PhraseTable& table, int64_t phrases,
                                  int64_t wanted) {
  std::vector<Stretch> stretches;
  for (int64_t n = 1, begin = 0; begin < count; n++) {
    int64_t end = std::max(begin, count * n / wanted);
    const auto splits = [&](int64_t at) {
      return (tokens[at] & kLineStart) != 0 || (table.marks(tokens[at - 1] & ~kLineStart) & ~PhraseTable::kEnds) == 0;
    };
    while (end < count && (end == begin || !splits(end))) end++;
    stretches.push_back({begin, end, 0, std::vector<int64_t>(static_cast<size_t>(phrases), 0)});
    begin = end;
  }
  return stretches;
}

// Joins the phrases of one stretch, which may write over it from its begin on.
void join_stretch(uint32_t* tokens, const PhraseTable& table, const PhraseList& phrases, Stretch& stretch) {
  int64_t written = stretch.begin, begin = -1;  // where the word stands that a phrase may begin with, or -1
  uint32_t run = 0;
  for (int64_t i = stretch.begin; i < stretch.end; i++) {
    const uint32_t token = tokens[i], word = token & ~kLineStart;
    const uint8_t marks = table.marks(word);
    tokens[written++] = token;
    if (token & kLineStart) begin = -1;
    if (marks & PhraseTable::kConnector) {
      if (begin >= 0) run = table.longer(run, word);
      continue;
    }
    if (begin >= 0 && (marks & PhraseTable::kEnds) && run != ConnectorRuns::kUnknown) {
      const int64_t phrase = table.find({uint64_t{tokens[begin] & ~kLineStart} << 32 | word, run});
      if (phrase >= 0) {
        stretch.uses[static_cast<size_t>(phrase)]++;
        tokens[begin] = phrases.ids[phrase] | (tokens[begin] & kLineStart);
        written = begin + 1;
        begin = -1;
        continue;
      }
    }
    begin = marks & PhraseTable::kBegins ? written - 1 : -1;
    run = 0;
  }
  stretch.left = written - stretch.begin;
}

}  // namespace

int64_t join_phrases(uint32_t* tokens, int64_t count, const PhraseRole* roles, size_t words,
                     const PhraseList& phrases, int64_t* uses, int64_t threads) {
  const PhraseTable table(roles, words, phrases);
  std::vector<Stretch> stretches = stretches_of(tokens, count, table, phrases.count, threads);
  std::atomic<size_t> next{0};
  run_on_threads(threads, [&](int64_t) {
    for (size_t n; (n = next++) < stretches.size();) join_stretch(tokens, table, phrases, stretches[n]);
  });
  int64_t left = 0;
  for (const Stretch& stretch : stretches) {
    std::copy(tokens + stretch.begin, tokens + stretch.begin + stretch.left, tokens + left);
    left += stretch.left;
    for (int64_t p = 0; p < phrases.count; p++) uses[p] += stretch.uses[static_cast<size_t>(p)];
  }
  return left;
}

}  // namespace nearer
