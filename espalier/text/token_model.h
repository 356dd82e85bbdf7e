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
  /// Appends the pieces of a word: at least one for a word that is not empty, unless the model has no unknown token.
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

struct BpeOptions {
  std::optional<std::string> unk_token = {};   ///< absent: characters that no token has are left out
  std::string continuing_subword_prefix = "";  ///< of all characters of a word but the first
  std::string end_of_word_suffix = "";         ///< of the last character of a word
  bool fuse_unk = false;                       ///< neighbouring unknown characters are one unknown token
  bool byte_fallback = false;                  ///< unknown characters become tokens such as <0x0A>, where all of them are there
  bool ignore_merges = false;                  ///< a word that is a token is that token, whatever the merges say
};

/// Byte-pair encoding (Sennrich et al. 2016): a word's characters, of which the neighbours with the earliest merge are joined,
/// the leftmost first, until no merge is left. Refuses an empty vocabulary, two tokens with one id, an unknown token and merges
/// that are not in the vocabulary.
std::unique_ptr<TokenModel> make_bpe(std::vector<std::pair<std::string, int32_t>> vocabulary,
                                     const std::vector<std::pair<std::string, std::string>>& merges, const BpeOptions& options,
                                     const std::string& place);

struct UnigramOptions {
  std::optional<int32_t> unk_id = {};  ///< absent: text that no token covers is an Error
  bool byte_fallback = false;          ///< unknown text becomes tokens such as <0x0A>, where all of them are there
};

/// Unigram (Kudo 2018): the tokens that cover a word with the largest sum of scores; neighbouring unknown characters are one
/// unknown token. `vocabulary`: tokens and scores in the order of their ids. Refuses an empty vocabulary, a token that is given
/// twice, scores that are no numbers, and an unknown token outside the vocabulary.
std::unique_ptr<TokenModel> make_unigram(std::vector<std::pair<std::string, double>> vocabulary, const UnigramOptions& options,
                                         const std::string& place);

}  // namespace espalier
