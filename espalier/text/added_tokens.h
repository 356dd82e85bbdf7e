// Added tokens: whole strings such as "[SEP]" that are cut out of the text before the model sees it; those marked
// `normalized` are looked for after normalisation.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "espalier/text/normalizer.h"

namespace espalier {

struct AddedToken {
  std::string content;
  int32_t id = 0;
  bool single_word = false;  ///< only where no word character touches it
  bool lstrip = false;       ///< takes the white space before it
  bool rstrip = false;       ///< takes the white space behind it
  bool normalized = false;
  bool special = false;  ///< left out when decoding
  std::string written;   ///< what its id decodes to: the content, normalised where the token is; AddedTokens sets it
};

/// A stretch of text, or an added token (id >= 0) in it.
struct Cut {
  Span range;
  int32_t id = -1;
};

class AddedTokens {
 public:
  AddedTokens(std::vector<AddedToken> tokens, const Normalizer* normalizer);

  /// The stretches and tokens that cover `text`, by the tokens to be found before or after normalisation.
  void cut(std::string_view text, bool after_normalization, std::vector<Cut>& cuts) const;

  const AddedToken* find(std::string_view content) const;
  const AddedToken* find(int32_t id) const;
  int64_t last_id() const { return last_id_; }

 private:
  struct Pattern {
    std::string text;
    size_t token;
  };
  using Patterns = std::array<std::vector<Pattern>, 256>;  // by first byte, the longest first

  const Pattern* match(const Patterns& patterns, std::string_view text, size_t at) const;
  static bool is_single_word(std::string_view text, size_t begin, size_t end);

  std::vector<AddedToken> tokens_;
  std::unordered_map<std::string, size_t> by_content_;
  std::unordered_map<int32_t, size_t> by_id_;
  std::array<Patterns, 2> patterns_;
  std::array<std::string, 2> first_bytes_;
  int64_t last_id_ = -1;
};

}  // namespace espalier
