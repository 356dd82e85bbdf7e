// SentencePiece's spaces: each becomes a visible mark, ▁ (U+2581), that belongs to the word behind it.
#pragma once

#include <string>
#include <vector>

#include "espalier/text/aligned_text.h"

namespace espalier {

/// Where a mark is put in front of text that begins with none: never, at the beginning of the whole text, or always.
enum class PutMark : uint8_t { never, first, always };

/// The last step before the model.
struct Metaspace {
  std::string mark = "\u2581";
  PutMark put = PutMark::always;
  bool cut = true;  ///< a word begins at each mark

  /// The words of normal.text[piece] as stretches of `marked`, whose spans name the characters that they came from. Replaces what
  /// was in `marked` and `words`; the piece is not empty.
  void split(const NormalText& normal, Span piece, NormalText& marked, std::vector<Span>& words) const;
};

}  // namespace espalier
