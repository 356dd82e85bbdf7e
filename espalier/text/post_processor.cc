#include "espalier/text/post_processor.h"

#include <algorithm>

#include "espalier/text/unicode.h"

namespace espalier {
namespace {

using Kind = TemplateItem::Kind;

void append(const PieceList& pieces, int32_t segment, int32_t sequence, Encoding& out) {
  out.ids.insert(out.ids.end(), pieces.ids.begin(), pieces.ids.end());
  out.offsets.insert(out.offsets.end(), pieces.offsets.begin(), pieces.offsets.end());
  if (!pieces.first_offsets.empty()) out.offsets[out.ids.size() - pieces.size()] = pieces.first_offsets.front();
  out.words.insert(out.words.end(), pieces.words.begin(), pieces.words.end());
  out.segments.insert(out.segments.end(), pieces.size(), segment);
  out.sequence.insert(out.sequence.end(), pieces.size(), sequence);
  out.special.insert(out.special.end(), pieces.size(), 0);
  out.cut += pieces.cut;
}

void append_special(const std::vector<int32_t>& ids, int32_t segment, Encoding& out) {
  out.ids.insert(out.ids.end(), ids.begin(), ids.end());
  out.offsets.insert(out.offsets.end(), ids.size(), {0, 0});
  out.words.insert(out.words.end(), ids.size(), -1);
  out.segments.insert(out.segments.end(), ids.size(), segment);
  out.sequence.insert(out.sequence.end(), ids.size(), -1);
  out.special.insert(out.special.end(), ids.size(), 1);
}

// A space as byte-level text has it, or white space.
bool is_blank(char32_t c) { return c == U'\u0120' || (char_classes(c) & kSpace) != 0; }

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

void reserve(size_t size, Encoding& out) {
  out.ids.reserve(size);
  out.offsets.reserve(size);
  out.words.reserve(size);
  out.segments.reserve(size);
  out.sequence.reserve(size);
  out.special.reserve(size);
}

}  // namespace

Span trimmed(std::string_view text, std::string_view token, Span origin, bool keep_front) {
  if (token.empty()) return origin;
  size_t front = 0, back = 0;
  for (size_t at = 0; at < token.size() && is_blank(next_char(token, at));) ++front;
  if (front == 0 && static_cast<unsigned char>(token.back()) < 0x80 && token.back() > ' ') return origin;
  for (size_t end = token.size(); end > 0 && is_blank(char_before(token, end)); ++back) {
    while (is_continuation(token[--end])) continue;
  }
  auto begin = static_cast<size_t>(origin.begin), end = static_cast<size_t>(origin.end);
  if (keep_front && front == 1) front = 0;  // more than one: they were not put in
  for (size_t i = 0; i < front && begin < end; ++i) next_char(text, begin);
  size_t cut = end;
  for (; back > 0 && cut > 0; --back) {
    while (is_continuation(text[--cut])) continue;
  }
  if (back == 0) end = std::max(cut, begin);  // the library leaves the end where the text is too short
  return {static_cast<int32_t>(begin), static_cast<int32_t>(end)};
}

int64_t PostProcessor::overhead(bool is_pair) const {
  int64_t count = 0;
  for (const TemplateItem& item : is_pair ? pair : single) count += static_cast<int64_t>(item.ids.size());
  return count;
}

Encoding PostProcessor::assemble(const PieceList& first, const PieceList* second) const {
  const bool is_pair = second != nullptr;
  Encoding out;
  reserve(first.size() + (is_pair ? second->size() : 0) + static_cast<size_t>(overhead(is_pair)), out);
  for (const TemplateItem& item : is_pair ? pair : single) {
    if (item.kind == Kind::special) {
      append_special(item.ids, item.segment, out);
    } else if (item.kind == Kind::first) {
      append(first, item.segment, 0, out);
    } else if (is_pair) {
      append(*second, item.segment, 1, out);
    }
  }
  return out;
}

PostProcessor bert_template(int32_t cls, int32_t sep) {
  const TemplateItem open{Kind::special, 0, {cls}}, close{Kind::special, 0, {sep}}, last{Kind::special, 1, {sep}};
  return {{open, {Kind::first, 0}, close}, {open, {Kind::first, 0}, close, {Kind::second, 1}, last}};
}

PostProcessor roberta_template(int32_t cls, int32_t sep) {
  const TemplateItem open{Kind::special, 0, {cls}}, close{Kind::special, 0, {sep}};
  return {{open, {Kind::first, 0}, close}, {open, {Kind::first, 0}, close, close, {Kind::second, 0}, close}};
}

}  // namespace espalier
