// A byte-level BPE vocabulary (Radford et al. 2019), learned from texts as the `tokenizers` library's BpeTrainer does behind a
// ByteLevel pre-tokeniser, all 256 bytes being in the alphabet.
#pragma once

#include <cstdint>
#include <string_view>

#include "espalier/base/files.h"
#include "espalier/text/learn_merges.h"

namespace espalier {

/// Whose special tokens and template a byte-level tokenizer has.
enum class BpeStyle : uint8_t {
  gpt2,     ///< <|endoftext|>, nothing around a text
  roberta,  ///< <s> A </s>, <s> A </s></s> B </s>, <mask>
  t5,       ///< A </s>, A </s> B </s>, and sentinels <extra_id_0> …, the last ids, numbered from the end as T5's are
};

struct BpeTraining {
  BpeStyle style = BpeStyle::gpt2;
  int64_t size = 30000;  ///< of the vocabulary: special tokens, sentinels, bytes and what is learned
  int64_t min_frequency = 2;
  bool prefix_space = false;  ///< a text begins with a space, so that its first word is like any other
  int64_t sentinels = 100;    ///< of t5

  VocabularyOptions vocabulary() const;  ///< the special tokens of the style first; without the sentinels
};

class BpeTrainer {
 public:
  explicit BpeTrainer(BpeTraining options) : options_(options) {}
  /// Counts the words of a text; valid UTF-8.
  void add(std::string_view text);
  LearnedVocabulary train() const;

 private:
  BpeTraining options_;
  WordCounts words_;  // their own bytes
};

/// tokenizer.json and tokenizer_config.json; vocab.json and merges.txt too, unless the style is t5, whose class in transformers
/// reads no such files. `max_length`: the longest text in tokens, 0 = not said.
void write_bpe(const LearnedVocabulary& learned, const BpeTraining& options, const fs::path& folder, int64_t max_length = 0);

}  // namespace espalier
