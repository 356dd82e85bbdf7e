// Unicode as the `tokenizers` library sees it. Character classes and lower case come from tables probed from the library
// (its parts follow Unicode 8, 9, 16 and 17: docs/tokenizers.md). utf8proc decomposes and orders marks, which Unicode never
// changes for characters that it once assigned, and is only asked about characters that the library decomposes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace espalier {

/// What a code point is; several may hold at once.
enum CharClass : uint16_t {
  kControl = 1,         ///< BERT's cleaning removes it: Cc, Cf, Co but tab and line ends; U+0000, U+FFFD
  kSpace = 2,           ///< White_Space
  kPunctuation = 4,     ///< ASCII punctuation and P*
  kNonspacing = 8,      ///< Mn
  kMark = 16,           ///< M*
  kNumber = 32,         ///< N*
  kWord = 64,           ///< regular expressions' \w
  kDecomposes = 128,    ///< NFD changes it
  kDecomposesK = 256,   ///< NFKD changes it
  kNonstarter = 512,    ///< its combining class is not 0
  kRegexLetter = 1024,  ///< regular expressions' \p{L}
  kRegexNumber = 2048,  ///< regular expressions' \p{N}
};
constexpr int kGraphemeShift = 12;  ///< the bits above are a number: what it is to grapheme clusters (grapheme.cc)

uint16_t char_classes(char32_t c);
/// Rust's char::to_lowercase but for kCapitalIDot, the only one that becomes two code points (i and U+0307): it stays.
char32_t lower(char32_t c);
constexpr char32_t kCapitalIDot = 0x130;
uint8_t combining_class(char32_t c);
/// The full canonical (or compatibility) decomposition of one code point, in the order of the tables.
void append_decomposed(char32_t c, bool compatibility, std::vector<char32_t>& out);
/// The composition of a pair of code points; 0 when there is none.
char32_t compose(char32_t first, char32_t second);

bool is_ascii(std::string_view text);
/// The code point at text[at], which moves behind it. The text must be valid UTF-8.
inline char32_t next_char(std::string_view text, size_t& at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  if (lead < 0x80) return byte(at++);
  if (lead < 0xE0) return at += 2, (lead & 0x1Fu) << 6 | (byte(at - 1) & 0x3Fu);
  if (lead < 0xF0) return at += 3, (lead & 0x0Fu) << 12 | (byte(at - 2) & 0x3Fu) << 6 | (byte(at - 1) & 0x3Fu);
  return at += 4, (lead & 0x07u) << 18 | (byte(at - 3) & 0x3Fu) << 12 | (byte(at - 2) & 0x3Fu) << 6 | (byte(at - 1) & 0x3Fu);
}
/// The code point that ends before text[end].
char32_t char_before(std::string_view text, size_t end);
void append_utf8(char32_t c, std::string& out);
std::vector<char32_t> code_points(std::string_view text);

}  // namespace espalier
