// Encoder: texts or words through the tokenizer into examples without targets.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "espalier/data/example.h"
#include "espalier/data/task.h"

namespace espalier {

class Encoder {
 public:
  /// `spans` keeps the text and which bytes and word each piece came from.
  Encoder(const Task& task, const Tokenizer& tokenizer, bool spans);

  /// One example; several where a long text is read in windows.
  std::vector<Example> encode(std::string_view text, std::string_view pair) const;
  /// A text to be written, cut to the task's length.
  Encoding target(std::string_view text) const;
  /// The ids of an encoding; never none.
  Sequence sequence(const Encoding& encoding) const;
  Example encode_words(std::span<const std::string> words) const;

 private:
  Example example(const Encoding& encoding, std::string_view text) const;

  const Tokenizer& tokenizer_;
  bool pair_, apart_, spans_;
  Limit limit_;
};

}  // namespace espalier
