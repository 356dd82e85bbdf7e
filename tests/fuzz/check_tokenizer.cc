#include "tests/fuzz/check_tokenizer.h"

#include "espalier/base/text.h"
#include "tests/fuzz/target.h"

namespace espalier::fuzz {
namespace {

void check(const Tokenizer& tokenizer, const Encoding& encoding, size_t longest) {
  const size_t size = encoding.size();
  expect(encoding.offsets.size() == size && encoding.segments.size() == size && encoding.special.size() == size,
         "the parts of an encoding are equally long");
  for (size_t i = 0; i < size; ++i) {
    expect(encoding.ids[i] >= 0 && encoding.ids[i] < tokenizer.size(), "an id is in the vocabulary");
    const auto [begin, end] = encoding.offsets[i];
    expect(begin >= 0 && begin <= end && size_t(end) <= longest, "offsets lie in the text");
  }
  const std::string back = tokenizer.decode(encoding.ids, false);
  expect(valid_utf8(back), "decoded text is UTF-8");
}

}  // namespace

void check_tokenizer(const Tokenizer& tokenizer, std::string_view text) {
  const std::string repaired = repair_utf8(text);
  check(tokenizer, tokenizer.encode(repaired), repaired.size());
  Limit limit{.max_length = tokenizer.overhead(true) + 5};
  const Encoding cut = tokenizer.encode_pair(repaired, "a second text", limit);
  expect(int64_t(cut.size()) <= limit.max_length, "the limit is kept");
  check(tokenizer, cut, std::max<size_t>(repaired.size(), 13));
}

}  // namespace espalier::fuzz
