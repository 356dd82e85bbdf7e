// A WordPiece vocabulary as BERT's tokenizer uses it, learned from texts as the `tokenizers` library's WordPieceTrainer does: by
// merges of the most frequent pairs, a character behind another one being "##c".
#pragma once

#include <memory>
#include <string_view>

#include "espalier/base/files.h"
#include "espalier/text/learn_merges.h"
#include "espalier/text/normalizer.h"
#include "espalier/text/pre_tokenizer.h"

namespace espalier {

struct WordPieceTraining {
  /// The special tokens must hold [PAD], [UNK], [CLS], [SEP] and [MASK].
  VocabularyOptions vocabulary{.limit_alphabet = 1000, .special = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}};
  bool lowercase = true;  ///< and without accents, as bert-base-uncased
};

class WordPieceTrainer {
 public:
  explicit WordPieceTrainer(WordPieceTraining options);
  /// Counts the words of a text; valid UTF-8.
  void add(std::string_view text);
  LearnedVocabulary train() const;

 private:
  WordPieceTraining options_;
  std::unique_ptr<Normalizer> normalizer_;
  std::unique_ptr<PreTokenizer> pre_tokenizer_;
  WordCounts words_;
};

/// tokenizer.json, vocab.txt and tokenizer_config.json; `max_length`: the longest text in tokens, 0 = not said.
void write_wordpiece(const LearnedVocabulary& learned, const WordPieceTraining& options, const fs::path& folder,
                     int64_t max_length = 0);

}  // namespace espalier
