// Token models: from a word to the pieces of a vocabulary.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "espalier/text/aligned_text.h"

namespace espalier {

struct Piece {
  int32_t id;
  Span range;  // bytes of the word
};

class TokenModel {
 public:
  virtual ~TokenModel() = default;
  /// Appends the pieces of a word, at least one for a word that is not empty.
  virtual void tokenize(std::string_view word, std::vector<Piece>& pieces) const = 0;
  virtual std::optional<int32_t> id(std::string_view token) const = 0;
  virtual const std::string* token(int32_t id) const = 0;  ///< null where the vocabulary has no such id
  virtual int64_t size() const = 0;                        ///< number of tokens
  virtual int64_t last_id() const = 0;                     ///< the largest id
};

struct WordPieceOptions {
  std::string unk_token = "[UNK]";
  std::string continuing_subword_prefix = "##";
  int64_t max_input_chars_per_word = 100;
};

/// Longest match first from the left (Wu et al. 2016; Devlin et al. 2019); a word with a part that is in no token, or with
/// too many characters, is the unknown token. Refuses an empty vocabulary, two tokens with one id, and a missing unknown token.
std::unique_ptr<TokenModel> make_wordpiece(std::vector<std::pair<std::string, int32_t>> vocabulary,
                                           const WordPieceOptions& options, const std::string& place);

}  // namespace espalier
