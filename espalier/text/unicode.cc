#include "espalier/text/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>

#include "espalier/text/unicode_tables.h"

namespace espalier {
namespace {

constexpr char32_t kLastChar = 0x10FFFF;
constexpr uint32_t kHangulFirst = 0xAC00, kHangulLast = 0xD7A3, kLead = 0x1100, kVowel = 0x1161, kTail = 0x11A7;
constexpr uint32_t kVowels = 21, kTails = 28, kLeads = 19;

// Blocks of 128 code points, equal blocks stored once.
class ClassTable {
 public:
  ClassTable() {
    std::map<std::array<uint16_t, 128>, uint16_t> known;
    size_t run = 0;
    for (uint32_t first = 0; first <= kLastChar; first += 128) {
      std::array<uint16_t, 128> block{};
      for (uint32_t i = 0; i < 128; ++i) {
        while (run + 1 < kClassRunCount && kClassRuns[run + 1].first <= first + i) ++run;
        block[i] = kClassRuns[run].classes;
      }
      const auto [found, fresh] = known.try_emplace(block, static_cast<uint16_t>(known.size()));
      if (fresh) leaves_.insert(leaves_.end(), block.begin(), block.end());
      index_[first / 128] = found->second;
    }
  }
  uint16_t operator[](char32_t c) const { return leaves_[index_[c >> 7] * 128 + (c & 127)]; }

 private:
  std::array<uint16_t, (kLastChar + 1) / 128> index_{};
  std::vector<uint16_t> leaves_;
};

void append_hangul(char32_t c, std::vector<char32_t>& out) {
  const uint32_t index = c - kHangulFirst;
  out.push_back(kLead + index / (kVowels * kTails));
  out.push_back(kVowel + index % (kVowels * kTails) / kTails);
  if (index % kTails != 0) out.push_back(kTail + index % kTails);
}

char32_t compose_hangul(char32_t first, char32_t second) {
  if (first >= kLead && first < kLead + kLeads && second >= kVowel && second < kVowel + kVowels) {
    return kHangulFirst + ((first - kLead) * kVowels + (second - kVowel)) * kTails;
  }
  const bool open = first >= kHangulFirst && first <= kHangulLast && (first - kHangulFirst) % kTails == 0;
  return open && second > kTail && second < kTail + kTails ? first + (second - kTail) : 0;
}

}  // namespace

uint16_t char_classes(char32_t c) {
  static const ClassTable table;
  return c <= kLastChar ? table[c] : 0;
}

char32_t lower(char32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  const LowerRun* end = kLowerRuns + kLowerRunCount;
  const LowerRun* run = std::lower_bound(kLowerRuns, end, c, [](const LowerRun& r, char32_t key) { return r.last < key; });
  if (run == end || c < run->first || (c - run->first) % run->step != 0) return c;
  return static_cast<char32_t>(static_cast<int64_t>(c) + run->delta);
}

uint8_t combining_class(char32_t c) {
  if ((char_classes(c) & kNonstarter) == 0) return 0;
  return static_cast<uint8_t>(utf8proc_get_property(static_cast<utf8proc_int32_t>(c))->combining_class);
}

void append_decomposed(char32_t c, bool compatibility, std::vector<char32_t>& out) {
  if ((char_classes(c) & (compatibility ? kDecomposesK | kDecomposes : kDecomposes)) == 0) return out.push_back(c);
  if (c >= kHangulFirst && c <= kHangulLast) return append_hangul(c, out);
  std::array<utf8proc_int32_t, 32> parts{};  // the longest decomposition, of U+FDFA, has 18 code points
  const int options = UTF8PROC_DECOMPOSE | (compatibility ? UTF8PROC_COMPAT : 0);
  const utf8proc_ssize_t count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), parts.data(), parts.size(),
                                                         static_cast<utf8proc_option_t>(options), nullptr);
  out.insert(out.end(), parts.begin(), parts.begin() + std::clamp<utf8proc_ssize_t>(count, 0, parts.size()));
}

char32_t compose(char32_t first, char32_t second) {
  const bool is_hangul = (first >= kHangulFirst && first <= kHangulLast) || (first >= kLead && first < kLead + kLeads);
  if (is_hangul) return compose_hangul(first, second);  // utf8proc also joins U+11A7, which is no tail
  std::array<utf8proc_int32_t, 3> pair = {static_cast<utf8proc_int32_t>(first), static_cast<utf8proc_int32_t>(second), 0};
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE);
  if (utf8proc_normalize_utf32(pair.data(), 2, options) != 1) return 0;
  const auto whole = static_cast<char32_t>(pair[0]);
  return (char_classes(whole) & kDecomposes) != 0 ? whole : 0;
}

bool is_ascii(std::string_view text) {
  size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + at, 8);
    if ((word & 0x8080808080808080u) != 0) return false;
  }
  return std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), [](char c) { return (c & 0x80) == 0; });
}

char32_t char_before(std::string_view text, size_t end) {
  size_t at = end - 1;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return next_char(text, at);
}

void append_utf8(char32_t c, std::string& out) {
  const auto put = [&](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  const auto tail = [&](int shift) { put(0x80 | (c >> shift & 0x3F)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6), tail(0);
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12), tail(6), tail(0);
  } else {
    put(0xF0 | c >> 18), tail(12), tail(6), tail(0);
  }
}

std::vector<char32_t> code_points(std::string_view text) {
  std::vector<char32_t> chars;
  chars.reserve(text.size());
  for (size_t at = 0; at < text.size();) chars.push_back(next_char(text, at));
  return chars;
}

}  // namespace espalier
