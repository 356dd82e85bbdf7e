// Byte-level text (Radford et al. 2019): each byte is written as one of 256 printable characters, so that a vocabulary of text
// covers every byte. A space is Ġ (U+0120).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "espalier/text/aligned_text.h"

namespace espalier {

/// The last step before the model: GPT-2's pattern, then bytes as characters.
struct ByteLevel {
  bool add_prefix_space = true;  ///< before text that begins with another character
  bool use_regex = true;

  /// The words of normal.text[piece] as stretches of `bytes`, whose spans name the characters that they came from.
  /// Replaces what was in `bytes` and `words`; the piece is not empty.
  void split(const NormalText& normal, Span piece, NormalText& bytes, std::vector<Span>& words) const;
};

/// The character of a byte, in UTF-8.
std::string_view text_of_byte(unsigned char byte);
/// The byte that a character stands for; none for one that stands for no byte.
std::optional<unsigned char> byte_of_char(char32_t c);

}  // namespace espalier
