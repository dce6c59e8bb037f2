#include "text.hpp"

#include <algorithm>
#include <cstring>

#include "unicode_words.hpp"
#include "word_training.hpp"

namespace nearer {
namespace {

constexpr uint32_t kLastCode = 0x110000;

// What a code point is to the tokenisers: a shift to its lower case, or one of two markers.
class CodeTable {
 public:
  static constexpr int32_t kSeparator = INT32_MIN, kSpace = INT32_MIN + 1;

  CodeTable() : kinds_(kLastCode, kSeparator), lower_{} {
    for (const CodeRange& r : kWordRanges) std::fill(&kinds_[r.first], &kinds_[r.last] + 1, 0);
    for (const CodeRange& r : kSpaceRanges) std::fill(&kinds_[r.first], &kinds_[r.last] + 1, kSpace);
    for (const CodeShift& s : kLowerShifts) std::fill(&kinds_[s.first], &kinds_[s.last] + 1, s.shift);
    for (uint32_t code = 0; code < 128; code++) {
      const int32_t kind = kinds_[code];
      lower_[code] = kind == kSeparator || kind == kSpace ? 0 : static_cast<char>(static_cast<int32_t>(code) + kind);
    }
  }

  int32_t kind(uint32_t code) const { return kinds_[code]; }
  // Lower case of an ASCII word character; 0 for every other byte.
  char lower(unsigned char byte) const { return lower_[byte]; }

 private:
  std::vector<int32_t> kinds_;
  char lower_[256];
};

const CodeTable& codes() {
  static const CodeTable table;
  return table;
}

// The code point at p (valid UTF-8), and p moved past it.
uint32_t decode(const unsigned char*& p) {
  const uint32_t lead = *p++;
  if (lead < 0x80) return lead;
  if (lead < 0xE0) {
    const uint32_t code = (lead & 0x1F) << 6 | (p[0] & 0x3F);
    p += 1;
    return code;
  }
  if (lead < 0xF0) {
    const uint32_t code = (lead & 0x0F) << 12 | (p[0] & 0x3Fu) << 6 | (p[1] & 0x3F);
    p += 2;
    return code;
  }
  const uint32_t code = (lead & 0x07) << 18 | (p[0] & 0x3Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3F);
  p += 3;
  return code;
}

// Writes the code point at `out`; returns the place after it.
char* put_utf8(char* out, uint32_t code) {
  const auto tail = [](uint32_t bits) { return static_cast<char>(0x80 | (bits & 0x3F)); };
  if (code < 0x80) {
    *out++ = static_cast<char>(code);
  } else if (code < 0x800) {
    *out++ = static_cast<char>(0xC0 | code >> 6);
    *out++ = tail(code);
  } else if (code < 0x10000) {
    *out++ = static_cast<char>(0xE0 | code >> 12);
    *out++ = tail(code >> 6);
    *out++ = tail(code);
  } else {
    *out++ = static_cast<char>(0xF0 | code >> 18);
    *out++ = tail(code >> 12);
    *out++ = tail(code >> 6);
    *out++ = tail(code);
  }
  return out;
}

// Length of the valid UTF-8 sequence at p, or 0 (Unicode 15, table 3-7: shortest form, no surrogates).
int sequence_length(const unsigned char* p, const unsigned char* end) {
  const unsigned lead = p[0];
  if (lead < 0x80) return 1;
  const int length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (length == 0 || end - p < length) return 0;
  for (int i = 1; i < length; i++)
    if ((p[i] & 0xC0) != 0x80) return 0;
  if ((lead == 0xE0 && p[1] < 0xA0) || (lead == 0xED && p[1] > 0x9F)) return 0;
  if ((lead == 0xF0 && p[1] < 0x90) || (lead == 0xF4 && p[1] > 0x8F)) return 0;
  return length;
}

uint64_t mix(uint64_t a, uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product >> 64) ^ static_cast<uint64_t>(product);
}

}  // namespace

TextFault check_utf8(std::string_view block) {
  const auto* begin = reinterpret_cast<const unsigned char*>(block.data());
  const unsigned char *p = begin, *end = begin + block.size();
  while (p < end) {
    if (end - p >= 8) {  // eight ASCII bytes at a time, none of them NUL
      uint64_t part;
      std::memcpy(&part, p, 8);
      const bool has_nul = ((part - 0x0101010101010101ull) & ~part & 0x8080808080808080ull) != 0;
      if (!(part & 0x8080808080808080ull) && !has_nul) {
        p += 8;
        continue;
      }
    }
    const int length = sequence_length(p, end);
    if (*p == 0) return {p - begin, "NUL"};
    if (length == 0) return {p - begin, "UTF-8"};
    p += length;
  }
  return {};
}

WordCounter::WordCounter() : slots_(1 << 16, Slot{}) {}

WordCounter::Head WordCounter::head_of(std::string_view token) {
  Head head{};
  std::memcpy(&head, token.data(), std::min(token.size(), sizeof head));
  return head;
}

// The same where at least sixteen bytes may be read.
WordCounter::Head WordCounter::padded_head_of(std::string_view token) {
  Head head;
  std::memcpy(&head, token.data(), sizeof head);
  const uint64_t all = ~uint64_t{0};
  const size_t length = token.size();
  if (length < 8) head.low &= ~(all << 8 * length);
  if (length <= 8) head.high = 0;
  if (length > 8 && length < 16) head.high &= ~(all << 8 * (length - 8));
  return head;
}

uint64_t WordCounter::hash_of(Head head, std::string_view token) {
  uint64_t hash = mix(head.low ^ 0xA0761D6478BD642Full, head.high ^ token.size() ^ 0xE7037ED1A0B428DBull);
  for (size_t at = sizeof(Head); at < token.size(); at += 8) {
    uint64_t part = 0;
    std::memcpy(&part, token.data() + at, std::min<size_t>(8, token.size() - at));
    hash = mix(hash ^ part, 0x9E3779B97F4A7C15ull);
  }
  return hash;
}

void WordCounter::grow() {
  PagedVector<Slot> old(slots_.size() * 2, Slot{});
  old.swap(slots_);
  const size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.length_and_one == 0) continue;
    size_t at = hash_of(slot.head, word(slot.id)) & mask;
    while (slots_[at].length_and_one != 0) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

uint32_t WordCounter::add(std::string_view token) { return add(token, head_of(token)); }

uint32_t WordCounter::add(std::string_view token, Head head) {
  const size_t mask = slots_.size() - 1;
  size_t at = hash_of(head, token) & mask;
  for (; slots_[at].length_and_one != 0; at = (at + 1) & mask) {
    Slot& slot = slots_[at];
    if (slot.head.low != head.low || slot.head.high != head.high || slot.length_and_one != token.size() + 1) continue;
    if (token.size() > sizeof head && word(slot.id) != token) continue;
    slot.count++;
    return slot.id;
  }
  const auto id = static_cast<uint32_t>(words_.size());
  slots_[at] = {head, static_cast<uint32_t>(token.size() + 1), id, 1};
  words_.push_back({letters_.size(), static_cast<uint32_t>(token.size())});
  letters_.insert(letters_.end(), token.begin(), token.end());
  if (words_.size() * 2 > slots_.size()) grow();
  return id;
}

std::vector<int64_t> WordCounter::counts() const {
  std::vector<int64_t> counts(words_.size());
  for (const Slot& slot : slots_)
    if (slot.length_and_one != 0) counts[slot.id] = slot.count;
  return counts;
}

int64_t WordCounter::read(std::string_view block, Tokenizer tokenizer, bool& line_start,
                          PagedVector<uint32_t>& ids) {
  return tokenizer == Tokenizer::words ? read_words(block, line_start, ids)
                                       : read_whitespace(block, line_start, ids);
}

int64_t WordCounter::read_words(std::string_view block, bool& line_start, PagedVector<uint32_t>& ids) {
  const CodeTable& table = codes();
  const auto* begin = reinterpret_cast<const unsigned char*>(block.data());
  const unsigned char *p = begin, *end = begin + block.size();
  PagedVector<char> token(2 * kLongestToken + sizeof(Head));
  while (p < end) {
    const unsigned char* const start = p;
    const unsigned char* const limit = end - p > kLongestToken + 1 ? p + kLongestToken + 1 : end;
    char* out = token.data();
    while (p < limit) {
      if (const char lower = table.lower(*p)) {
        *out++ = lower;
        p++;
        continue;
      }
      if (*p < 0x80) break;
      const unsigned char* next = p;
      const uint32_t code = decode(next);
      const int32_t kind = table.kind(code);
      if (kind == CodeTable::kSeparator || kind == CodeTable::kSpace) break;
      out = put_utf8(out, static_cast<uint32_t>(static_cast<int32_t>(code) + kind));
      p = next;
    }
    if (p - start > kLongestToken) return start - begin;
    if (out > token.data()) {
      const std::string_view text(token.data(), static_cast<size_t>(out - token.data()));
      const uint32_t id = add(text, padded_head_of(text));
      ids.push_back(id | (line_start ? kLineStart : 0));
      line_start = false;
    }
    if (p < end) line_start |= decode(p) == '\n';
  }
  return -1;
}

int64_t WordCounter::read_whitespace(std::string_view block, bool& line_start, PagedVector<uint32_t>& ids) {
  const CodeTable& table = codes();
  const auto* begin = reinterpret_cast<const unsigned char*>(block.data());
  const unsigned char *p = begin, *end = begin + block.size();
  while (p < end) {
    const unsigned char* const start = p;
    const unsigned char* stop = p;
    uint32_t code = ' ';
    while (p < end) {
      code = decode(p);
      if (table.kind(code) == CodeTable::kSpace) break;
      stop = p;
    }
    if (stop - start > kLongestToken) return start - begin;
    if (stop > start) {
      const std::string_view text(reinterpret_cast<const char*>(start), static_cast<size_t>(stop - start));
      const uint32_t id = add(text, end - start >= 16 ? padded_head_of(text) : head_of(text));
      ids.push_back(id | (line_start ? kLineStart : 0));
      line_start = false;
    }
    line_start |= code == '\n';
  }
  return -1;
}

Vocabulary merge(const std::vector<WordCounter*>& counters, int64_t min_count, int64_t max_vocabulary) {
  Vocabulary vocabulary;
  WordCounter& all = *counters.front();
  std::vector<int64_t> counts = all.counts();
  for (const WordCounter* counter : counters) {
    const std::vector<int64_t> counted = counter->counts();
    PagedVector<uint32_t> ids(counter->size());
    for (uint32_t id = 0; id < ids.size(); id++) {
      ids[id] = counter == &all ? id : all.add(counter->word(id));
      if (ids[id] == counts.size()) counts.push_back(0);
      if (counter != &all) counts[ids[id]] += counted[id];
    }
    vocabulary.ids.push_back(std::move(ids));
  }
  vocabulary.distinct = static_cast<int64_t>(counts.size());
  std::vector<size_t> order;
  for (size_t i = 0; i < counts.size(); i++)
    if (counts[i] >= min_count) order.push_back(i);
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return counts[a] != counts[b] ? counts[a] > counts[b] : all.word(a) < all.word(b);
  });
  if (max_vocabulary > 0 && static_cast<int64_t>(order.size()) > max_vocabulary)
    order.resize(static_cast<size_t>(max_vocabulary));
  std::vector<uint32_t> place(counts.size(), kDropped);
  for (size_t rank = 0; rank < order.size(); rank++) {
    place[order[rank]] = static_cast<uint32_t>(rank);
    vocabulary.words.emplace_back(all.word(order[rank]));
    vocabulary.counts.push_back(counts[order[rank]]);
  }
  for (PagedVector<uint32_t>& ids : vocabulary.ids)
    for (uint32_t& id : ids) id = place[id];
  return vocabulary;
}

int64_t rewrite(const uint32_t* from, int64_t count, const uint32_t* ids, uint32_t* to, bool& line_start) {
  int64_t written = 0;
  for (int64_t i = 0; i < count; i++) {
    line_start |= (from[i] & kLineStart) != 0;
    const uint32_t id = ids[from[i] & ~kLineStart];
    if (id == kDropped) continue;
    to[written++] = id | (line_start ? kLineStart : 0);
    line_start = false;
  }
  return written;
}

}  // namespace nearer
