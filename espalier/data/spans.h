// Spans of characters with a type, and the BIO tags of words that say the same.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "espalier/data/example.h"

namespace espalier {

/// Code points [start, end) of a text; `text` is what stands there.
struct TextSpan {
  int64_t start = 0, end = 0;
  std::string label, text;
  bool operator==(const TextSpan&) const = default;
};

/// The "spans" of a JSON line: [{"start":0,"end":5,"label":"PER"}]. Wrong types, spans outside of `text` and spans that overlap
/// are a data Error at `place`.
std::vector<TextSpan> read_spans(const nlohmann::json& list, std::string_view text, const std::string& place);

/// Bytes of a word in its text.
using Extent = std::pair<int64_t, int64_t>;

/// "O", "B-X", "I-X" for each word: a word belongs to the span that overlaps it. `inside` counts spans that begin or end inside a
/// word.
std::vector<std::string> tag_words(std::span<const Extent> words, std::string_view text, std::span<const TextSpan> spans,
                                   int64_t* inside = nullptr);
/// The spans that tags of words say; an I- without its B- opens one, so that nothing predicted is lost. Tags may be IOBES too.
std::vector<TextSpan> decode_spans(std::span<const Extent> words, std::string_view text, std::span<const std::string> tags);
/// Extents of the words of an example read with `spans` asked for, in order; only words whose first piece survived the cut.
std::vector<Extent> word_extents(const Example& example);
/// The piece that stands for each of those words: the first.
std::vector<int64_t> first_pieces(const Example& example);

}  // namespace espalier
