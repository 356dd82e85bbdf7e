// Text under normalisation: code points, each with the bytes of the original that it stands for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace espalier {

/// A range of bytes.
struct Span {
  int32_t begin = 0, end = 0;
  bool operator==(const Span&) const = default;
};

/// One code point of a changed text. change: 0 takes the place of the next old one, 1 is put in behind the last one taken,
/// -n takes the place of the next old one and drops the n after it (the `tokenizers` library's convention, kept because
/// reordered marks take the places of their neighbours).
struct Change {
  char32_t c;
  int32_t change;
};

class AlignedText {
 public:
  /// Spans are bytes of `text`, moved by `shift`.
  explicit AlignedText(std::string_view text, int32_t shift = 0);

  std::vector<char32_t> chars;
  std::vector<Span> spans;  ///< one for each of `chars`

  size_t size() const { return chars.size(); }
  void apply(const std::vector<Change>& changes);
  template <class Keep>
  void filter(Keep keep) {
    size_t kept = 0;
    for (size_t i = 0; i < chars.size(); ++i) {
      if (!keep(chars[i])) continue;
      chars[kept] = chars[i];
      spans[kept++] = spans[i];
    }
    chars.resize(kept);
    spans.resize(kept);
  }
};

/// Normalised text in UTF-8, and where each byte came from.
struct NormalText {
  std::string text;
  std::vector<Span> spans;  ///< one for each byte; empty: byte i came from byte shift + i
  int32_t shift = 0;

  /// Appends text that all came from `from`; every byte before has its span.
  void append(std::string_view part, Span from) {
    text += part;
    for (size_t i = 0; i < part.size(); ++i) spans.push_back(from);
  }
  Span origin(Span range) const {
    if (spans.empty()) return {shift + range.begin, shift + range.end};
    return {spans[range.begin].begin, spans[range.end - 1].end};
  }
};

NormalText to_utf8(const AlignedText& aligned);

}  // namespace espalier
