#include "espalier/data/encoder.h"

#include <algorithm>

#include "espalier/base/error.h"
#include "espalier/base/text.h"

namespace espalier {

Encoder::Encoder(const Task& task, const Tokenizer& tokenizer, bool spans)
    : tokenizer_(tokenizer), pair_(task.pair()), apart_(task.kind == TaskKind::similarity), spans_(spans), limit_(task.limit) {
  if (apart_ && limit_.too_long == Long::windows) {
    throw unsupported_error("texts that are compared cannot be read in windows").hint("long_texts = \"cut\" or \"head_tail\"");
  }
  if (task.kind == TaskKind::seq2seq && limit_.too_long == Long::windows) {
    throw unsupported_error("texts that another is written from cannot be read in windows")
        .hint("long_texts = \"cut\" or \"head_tail\"");
  }
  if (limit_.too_long == Long::windows && limit_.max_length == 0) limit_.too_long = Long::cut;
}

Sequence Encoder::sequence(const Encoding& encoding) const {
  Sequence sequence{encoding.ids, {}};
  const bool segments = std::any_of(encoding.segments.begin(), encoding.segments.end(), [](int32_t s) { return s != 0; });
  if (segments) sequence.segments.assign(encoding.segments.begin(), encoding.segments.end());
  if (sequence.ids.empty()) {  // an empty text of a tokenizer without special tokens; a model needs one row at least
    const SpecialIds& ids = tokenizer_.specials();
    const std::optional<int32_t> id = ids.unk ? ids.unk : ids.pad;
    if (!id) throw data_error("an empty text gives no token, and the tokenizer has none to stand for it");
    sequence.ids.push_back(*id);
  }
  return sequence;
}

Example Encoder::example(const Encoding& encoding, std::string_view text) const {
  Example example;
  example.text = sequence(encoding);
  example.cut = encoding.cut > 0;
  if (!spans_) return example;
  example.source = text;
  example.offsets = encoding.offsets;
  example.words = encoding.words;
  for (size_t i = 0; i < example.words.size(); ++i) {
    if (encoding.sequence[i] != 0) example.words[i] = -1;  // spans are of the first text
  }
  example.offsets.resize(example.text.ids.size());
  example.words.resize(example.text.ids.size(), -1);
  return example;
}

std::vector<Example> Encoder::encode(std::string_view text, std::string_view pair) const {
  std::vector<Example> examples;
  if (limit_.too_long == Long::windows) {
    const auto windows = pair_ ? tokenizer_.encode_pair_windows(text, pair, limit_) : tokenizer_.encode_windows(text, limit_);
    for (const Encoding& window : windows) {
      examples.push_back(example(window, text));
      examples.back().window = int64_t(examples.size()) - 1;
    }
  } else if (pair_ && !apart_) {
    examples.push_back(example(tokenizer_.encode_pair(text, pair, limit_), text));
  } else {
    examples.push_back(example(tokenizer_.encode(text, limit_), text));
  }
  if (apart_) {
    const Encoding other = tokenizer_.encode(pair, limit_);
    examples[0].other = sequence(other);
    examples[0].cut = examples[0].cut || other.cut > 0;
  }
  return examples;
}

Encoding Encoder::target(std::string_view text) const { return tokenizer_.encode(text, limit_); }

Example Encoder::encode_words(std::span<const std::string> words) const {
  if (limit_.too_long == Long::windows) {
    throw unsupported_error("sentences of CoNLL files cannot be read in windows").hint("long_texts = \"cut\" or \"head_tail\"");
  }
  std::string text;
  std::vector<int32_t> starts;
  for (const std::string& word : words) {
    if (!starts.empty()) text += ' ';
    starts.push_back(static_cast<int32_t>(text.size()));
    text += word;
  }
  Encoding encoding = tokenizer_.encode_words(words, limit_);
  for (size_t i = 0; i < encoding.size(); ++i) {
    if (encoding.words[i] < 0) continue;
    encoding.offsets[i].first += starts[size_t(encoding.words[i])];
    encoding.offsets[i].second += starts[size_t(encoding.words[i])];
  }
  return example(encoding, text);
}

}  // namespace espalier
