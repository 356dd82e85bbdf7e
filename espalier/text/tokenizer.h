// Tokenizer: text to ids and back, as the `tokenizers` library does it: added tokens are cut out first, then
// normaliser -> pre-tokeniser -> model on what lies between them, then the post-processor's special tokens.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace espalier {

namespace fs = std::filesystem;

/// One text (or pair) as ids; all vectors have the same length.
struct Encoding {
  std::vector<int32_t> ids;
  std::vector<int32_t> segments;  ///< token types: 0, and 1 for the second text of a pair
  std::vector<std::pair<int32_t, int32_t>>
      offsets;                    ///< bytes of the text (or word) the piece came from; {0, 0} for special tokens
  std::vector<int32_t> words;     ///< index of the word within its text; -1 for special tokens
  std::vector<int32_t> sequence;  ///< 0 first text, 1 second text, -1 special token
  std::vector<uint8_t> special;   ///< 1 for tokens that the post-processor put in
  int64_t cut = 0;                ///< pieces that were dropped to fit the maximum length
  size_t size() const { return ids.size(); }
};

/// What happens to a text longer than the maximum: keep its start (of a pair, shorten the longer text first), keep the first
/// quarter and the end, or keep everything in several overlapping encodings.
enum class Long : uint8_t { cut, head_tail, windows };

/// max_length counts special tokens; 0 = no limit.
struct Limit {
  int64_t max_length = 0;
  Long too_long = Long::cut;
  int64_t stride = 0;  ///< windows: how many pieces neighbours share
};

/// The ids of the tokens with a role; absent where the tokenizer has none.
struct SpecialIds {
  std::optional<int32_t> pad, unk, cls, sep, mask, bos, eos;
};

struct Pipeline;  // normaliser, pre-tokeniser, model, post-processor, decoder, added tokens: espalier/text/pipeline.h

class Tokenizer {
 public:
  /// `files`: name -> content, written back by save().
  Tokenizer(std::unique_ptr<Pipeline> pipeline, SpecialIds specials, std::optional<int64_t> max_length,
            std::map<std::string, std::string> files);
  ~Tokenizer();
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  /// Texts must be valid UTF-8 (repair_utf8 makes them so). Limit::too_long must not be windows here. Safe to call from
  /// several threads at once.
  Encoding encode(std::string_view text, const Limit& limit = {}) const;
  Encoding encode_pair(std::string_view text, std::string_view pair, const Limit& limit = {}) const;
  /// Words already split (token labels): `words` of the result is the index into `words`, offsets count within each word.
  /// A word that becomes nothing (only control characters) has no piece.
  Encoding encode_words(std::span<const std::string> words, const Limit& limit = {}) const;
  /// The whole text in encodings of at most limit.max_length, neighbours sharing limit.stride pieces; at least one.
  std::vector<Encoding> encode_windows(std::string_view text, const Limit& limit) const;
  /// As encode_windows for a pair: `text` stays whole in each window, `pair` is cut into them (question and passage).
  std::vector<Encoding> encode_pair_windows(std::string_view text, std::string_view pair, const Limit& limit) const;

  /// Ids that name no token are an Error; skip_special leaves out special tokens.
  std::string decode(std::span<const int32_t> ids, bool skip_special = true) const;

  std::optional<int32_t> id(std::string_view token) const;
  const std::string& token(int32_t id) const;  ///< an Error for an id outside the vocabulary
  bool is_special(int32_t id) const;           ///< an added token marked special
  int64_t size() const;                        ///< largest id + 1, added tokens included
  const SpecialIds& specials() const { return specials_; }
  /// How many special tokens the post-processor puts around one text, or around a pair.
  int64_t overhead(bool pair) const;
  /// model_max_length of tokenizer_config.json; absent when it is missing or huge.
  std::optional<int64_t> max_length() const { return max_length_; }

  /// Writes the files that it was read from, old ones beside tokenizer.json too, and tokenizer_config.json and
  /// special_tokens_map.json where the folder had them, byte for byte as they were read.
  void save(const fs::path& folder) const;

 private:
  int64_t budget(const Limit& limit, bool pair) const;  // pieces beside the special tokens

  std::unique_ptr<Pipeline> pipeline_;
  SpecialIds specials_;
  std::optional<int64_t> max_length_;
  std::map<std::string, std::string> files_;
};

/// Reads tokenizer.json, else vocab.txt (WordPiece), vocab.json and merges.txt (byte-level BPE) or spiece.model (Unigram), with
/// tokenizer_config.json and special_tokens_map.json beside them for roles and settings.
/// Sections `padding` and `truncation` of tokenizer.json are ignored.
std::unique_ptr<Tokenizer> load_tokenizer(const fs::path& folder);

}  // namespace espalier
