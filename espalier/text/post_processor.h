// The post-processor: a template says which special tokens stand around the texts, and each part's segment.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "espalier/text/piece_list.h"

namespace espalier {

struct TemplateItem {
  enum class Kind : uint8_t { first, second, special };
  Kind kind = Kind::first;
  int32_t segment = 0;
  std::vector<int32_t> ids = {};  // of a special item
};

struct PostProcessor {
  std::vector<TemplateItem> single = {{TemplateItem::Kind::first, 0}};
  std::vector<TemplateItem> pair = {{TemplateItem::Kind::first, 0}, {TemplateItem::Kind::second, 1}};

  /// How many special tokens stand around one text, or around a pair.
  int64_t overhead(bool is_pair) const;
  /// `second` may be null: the template of one text is used.
  Encoding assemble(const PieceList& first, const PieceList* second) const;
};

/// [CLS] A [SEP], [CLS] A [SEP] B [SEP] with segments 0 and 1.
PostProcessor bert_template(int32_t cls, int32_t sep);
/// <s> A </s>, <s> A </s></s> B </s>, all in segment 0.
PostProcessor roberta_template(int32_t cls, int32_t sep);

}  // namespace espalier
