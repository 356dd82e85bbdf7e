// Normalisers: what happens to the characters before a text is cut into words.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "espalier/text/aligned_text.h"
#include "espalier/text/text_pattern.h"

namespace espalier {

class Normalizer {
 public:
  virtual ~Normalizer() = default;
  virtual void apply(AlignedText& text) const = 0;
  /// Pure ASCII text changed in place, byte for byte; false when that cannot be done (the text is then worthless).
  virtual bool apply_ascii(std::string&) const { return false; }
};

/// BERT's: drop control characters, spaces around Chinese ones, NFD without accents, lower case; each can be off.
struct BertNormalizerOptions {
  bool clean_text = true, handle_chinese_chars = true, strip_accents = true, lowercase = true;
};
std::unique_ptr<Normalizer> make_bert_normalizer(const BertNormalizerOptions& options);

std::unique_ptr<Normalizer> make_lowercase();
std::unique_ptr<Normalizer> make_unicode_form(bool compatibility, bool composed);  ///< NFD, NFKD, NFC, NFKC
std::unique_ptr<Normalizer> make_strip_accents();
std::unique_ptr<Normalizer> make_strip(bool left, bool right);
std::unique_ptr<Normalizer> make_replace(std::string pattern, std::string content);
/// Each match of a pattern is replaced.
std::unique_ptr<Normalizer> make_pattern_replace(TextPattern pattern, std::string content);
std::unique_ptr<Normalizer> make_prepend(std::string text);
/// `map`: the bytes of SentencePiece's precompiled character map.
std::unique_ptr<Normalizer> make_precompiled(std::string_view map, const std::string& place);
std::unique_ptr<Normalizer> make_normalizer_sequence(std::vector<std::unique_ptr<Normalizer>> steps);

/// `text` normalised (by nothing when there is no normaliser), its bytes moved by `shift`.
NormalText normalize(const Normalizer* normalizer, std::string_view text, int32_t shift);

}  // namespace espalier
