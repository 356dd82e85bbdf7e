#include "espalier/text/post_processor.h"

namespace espalier {
namespace {

using Kind = TemplateItem::Kind;

void append(const PieceList& pieces, int32_t segment, int32_t sequence, Encoding& out) {
  out.ids.insert(out.ids.end(), pieces.ids.begin(), pieces.ids.end());
  out.offsets.insert(out.offsets.end(), pieces.offsets.begin(), pieces.offsets.end());
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

void reserve(size_t size, Encoding& out) {
  out.ids.reserve(size);
  out.offsets.reserve(size);
  out.words.reserve(size);
  out.segments.reserve(size);
  out.sequence.reserve(size);
  out.special.reserve(size);
}

}  // namespace

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
