// Pre-tokenisers: where normalised text is cut into words, before the model sees them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "espalier/text/aligned_text.h"
#include "espalier/text/text_pattern.h"

namespace espalier {

class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  /// Appends the words of text[piece], none of them empty, in order.
  virtual void split(std::string_view text, Span piece, std::vector<Span>& words) const = 0;
};

/// What becomes of the delimiters (the `tokenizers` library's SplitDelimiterBehavior).
enum class Delimiter : uint8_t { removed, isolated, merged_with_previous, merged_with_next, contiguous };

std::unique_ptr<PreTokenizer> make_bert_pre_tokenizer();  ///< cut at white space, every punctuation character a word
std::unique_ptr<PreTokenizer> make_whitespace_split();    ///< cut at white space
std::unique_ptr<PreTokenizer> make_whitespace();          ///< words of \w+ and of [^\w\s]+
std::unique_ptr<PreTokenizer> make_punctuation(Delimiter behavior);
std::unique_ptr<PreTokenizer> make_digits(bool individual);
std::unique_ptr<PreTokenizer> make_split(std::string delimiter, Delimiter behavior, bool invert);
/// The matches of a pattern are the delimiters, or with `invert` what lies between them.
std::unique_ptr<PreTokenizer> make_pattern_split(TextPattern pattern, Delimiter behavior, bool invert);
std::unique_ptr<PreTokenizer> make_pre_tokenizer_sequence(std::vector<std::unique_ptr<PreTokenizer>> steps);

}  // namespace espalier
