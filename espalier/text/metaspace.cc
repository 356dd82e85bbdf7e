#include "espalier/text/metaspace.h"

#include "espalier/text/unicode.h"

namespace espalier {

void Metaspace::split(const NormalText& normal, Span piece, NormalText& marked, std::vector<Span>& words) const {
  const std::string_view text = std::string_view(normal.text).substr(0, static_cast<size_t>(piece.end));
  marked.text.clear();
  marked.spans.clear();
  words.clear();
  auto at = static_cast<size_t>(piece.begin), end = at;
  next_char(text, end);
  const Span front = normal.origin({piece.begin, static_cast<int32_t>(end)});
  const bool has_mark = text[at] == ' ' || text.substr(at).starts_with(mark);
  if (!has_mark && (put == PutMark::always || (put == PutMark::first && front.begin == 0))) marked.append(mark, front);
  while (at < text.size()) {
    const size_t begin = at;
    next_char(text, at);
    const Span origin = normal.origin({static_cast<int32_t>(begin), static_cast<int32_t>(at)});
    marked.append(text[begin] == ' ' ? std::string_view(mark) : text.substr(begin, at - begin), origin);
  }
  size_t word = 0;
  while (cut) {
    const size_t next = marked.text.find(mark, word + 1);
    if (next == std::string::npos) break;
    words.push_back({static_cast<int32_t>(word), static_cast<int32_t>(next)});
    word = next;
  }
  words.push_back({static_cast<int32_t>(word), static_cast<int32_t>(marked.text.size())});
}

}  // namespace espalier
