#include "espalier/text/aligned_text.h"

#include "espalier/text/unicode.h"

namespace espalier {

AlignedText::AlignedText(std::string_view text, int32_t shift) {
  chars.reserve(text.size());
  spans.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const auto begin = static_cast<int32_t>(at);
    chars.push_back(next_char(text, at));
    spans.push_back({shift + begin, shift + static_cast<int32_t>(at)});
  }
}

void AlignedText::apply(const std::vector<Change>& changes) {
  std::vector<char32_t> new_chars;
  std::vector<Span> new_spans;
  new_chars.reserve(changes.size());
  new_spans.reserve(changes.size());
  size_t taken = 0;
  for (const auto& [c, change] : changes) {
    if (change <= 0 && taken < spans.size()) {
      new_spans.push_back(spans[taken]);
      taken += 1 + static_cast<size_t>(-change);
    } else {
      new_spans.push_back(taken == 0 || spans.empty() ? Span{} : spans[std::min(taken, spans.size()) - 1]);
    }
    new_chars.push_back(c);
  }
  chars = std::move(new_chars);
  spans = std::move(new_spans);
}

NormalText to_utf8(const AlignedText& aligned) {
  NormalText normal;
  normal.text.reserve(aligned.size() + aligned.size() / 4);
  normal.spans.reserve(normal.text.capacity());
  for (size_t i = 0; i < aligned.size(); ++i) {
    append_utf8(aligned.chars[i], normal.text);
    normal.spans.resize(normal.text.size(), aligned.spans[i]);
  }
  return normal;
}

}  // namespace espalier
