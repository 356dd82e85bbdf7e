// The post-processor: a template says which special tokens stand around the texts, and each part's segment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "espalier/text/piece_list.h"

namespace espalier {

struct TemplateItem {
  enum class Kind : uint8_t { first, second, special };
  Kind kind = Kind::first;
  int32_t segment = 0;
  std::vector<int32_t> ids = {};  // of a special item
};

/// Offsets leave out the white space at a token's ends. add_prefix_space: but not the space before the first token, or before
/// one at the start of the text, for that was put in.
struct Trim {
  bool add_prefix_space = true;
};
/// `origin` without the white space at the ends of `token`, of which one character stands for one of `text` (the library's
/// process_offsets); keep_front leaves one blank in front as it is.
Span trimmed(std::string_view text, std::string_view token, Span origin, bool keep_front);

struct PostProcessor {
  std::vector<TemplateItem> single = {{TemplateItem::Kind::first, 0}};
  std::vector<TemplateItem> pair = {{TemplateItem::Kind::first, 0}, {TemplateItem::Kind::second, 1}};
  std::optional<Trim> trim = {};

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
