// Character n-grams as the fastText program cuts and hashes them (Bojanowski et al. 2017).
#pragma once

#include <cstdint>
#include <string_view>

namespace nearer {

constexpr std::string_view kLineEnd = "</s>";  // the program's word for the end of a line, which has no n-grams

// One more byte of a 32-bit FNV-1a hash; the program takes bytes as signed, so those from 128 up flip 24 bits more.
inline uint32_t hash_byte(uint32_t hash, char byte) {
  return (hash ^ static_cast<uint32_t>(static_cast<int32_t>(static_cast<int8_t>(byte)))) * 16777619u;
}

inline bool continues_character(char byte) { return (byte & 0xC0) == 0x80; }

// Calls visit(hash) for the n-grams of `least` to `most` characters of a word between its marks, from left to
// right, shorter ones first. A mark alone is none.
template <class Visit>
void each_ngram(std::string_view word, int least, int most, Visit visit) {
  for (size_t i = 0; i < word.size(); i++) {
    if (continues_character(word[i])) continue;
    uint32_t hash = 2166136261u;
    size_t j = i;
    for (int n = 1; j < word.size() && n <= most; n++) {
      do hash = hash_byte(hash, word[j++]);
      while (j < word.size() && continues_character(word[j]));
      const bool mark = n == 1 && (i == 0 || j == word.size());
      if (n >= least && !mark) visit(hash);
    }
  }
}

}  // namespace nearer
