// Counting and encoding of text: bytes in, word ids and a vocabulary out. One counter a thread, no locks;
// counters are merged at the end, so that the vocabulary does not depend on which thread read what.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pages.hpp"

namespace nearer {

enum class Tokenizer { words, whitespace };

// The first thing wrong with a block of bytes, or nothing.
struct TextFault {
  int64_t offset = -1;  // byte within the block; -1: none
  const char* kind = "";
};
TextFault check_utf8(std::string_view block);

constexpr int64_t kLongestToken = 1 << 16;  // bytes; anything longer is not a word

// Words seen so far, with their counts; ids are given in order of first sight.
class WordCounter {
 public:
  WordCounter();

  // Tokens of a block of valid UTF-8, appended to `ids`. Bit 31 marks the first token of a line;
  // `line_start` says whether the block begins one, and is updated for the next block.
  // Returns the offset of a token that is too long, or -1.
  int64_t read(std::string_view block, Tokenizer tokenizer, bool& line_start, PagedVector<uint32_t>& ids);

  // The id of one token, counted once more.
  uint32_t add(std::string_view token);

  size_t size() const { return words_.size(); }
  std::string_view word(size_t id) const { return {letters_.data() + words_[id].offset, words_[id].length}; }
  std::vector<int64_t> counts() const;  // by id

 private:
  // The first sixteen bytes of a token, zeros after its end: all of most words.
  struct Head {
    uint64_t low, high;
  };
  struct Word {
    uint64_t offset;
    uint32_t length;
  };
  // Half a cache line: a word of up to sixteen bytes is found and counted without looking anywhere else.
  struct Slot {
    Head head;
    uint32_t length_and_one;  // bytes of the word, and one more; 0: free
    uint32_t id;
    int64_t count;
  };

  static Head head_of(std::string_view token);
  static Head padded_head_of(std::string_view token);
  static uint64_t hash_of(Head head, std::string_view token);
  uint32_t add(std::string_view token, Head head);
  void grow();
  int64_t read_words(std::string_view block, bool& line_start, PagedVector<uint32_t>& ids);
  int64_t read_whitespace(std::string_view block, bool& line_start, PagedVector<uint32_t>& ids);

  PagedVector<char> letters_;
  PagedVector<Word> words_;
  PagedVector<Slot> slots_;
};

// A vocabulary in order of falling count (ties by the bytes of the word), and each counter's way into it.
// The words of all counters are gathered in the first; its own counts mean nothing afterwards.
struct Vocabulary {
  std::vector<std::string> words;
  std::vector<int64_t> counts;
  std::vector<PagedVector<uint32_t>> ids;  // counter -> its id -> vocabulary id, or kDropped
  int64_t distinct = 0;                    // distinct words before any was dropped
};
constexpr uint32_t kDropped = 0x7FFFFFFFu;
Vocabulary merge(const std::vector<WordCounter*>& counters, int64_t min_count, int64_t max_vocabulary);

// Rewrites provisional ids as vocabulary ids, leaving out dropped words; returns how many were written.
// A line whose first word is dropped starts at its next; `line_start` carries that from block to block.
int64_t rewrite(const uint32_t* from, int64_t count, const uint32_t* ids, uint32_t* to, bool& line_start);

}  // namespace nearer
