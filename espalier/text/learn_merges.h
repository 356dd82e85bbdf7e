// Learning a vocabulary by merges (Sennrich et al. 2016, algorithm 1): the most frequent pair of neighbouring pieces becomes a
// piece, again and again. Equal to the `tokenizers` library's BpeTrainer, ties included: of equally frequent pairs that of the
// smaller ids.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "espalier/text/word_counts.h"

namespace espalier {

struct VocabularyOptions {
  int64_t size = 30000;              ///< of the vocabulary: special tokens, characters and what is learned
  int64_t min_frequency = 2;         ///< pairs that occur less often are left alone
  int64_t limit_alphabet = 0;        ///< how many characters at most, the most frequent ones; 0 = all
  std::vector<std::string> special;  ///< the first ids, in this order
};

struct LearnedVocabulary {
  std::vector<std::string> tokens;  ///< by id
  std::vector<std::pair<std::string, std::string>> merges;
};

/// `words` as they are cut from a text. `prefix` stands before every character of a word but the first; `initial` are characters
/// (code points) that are in the vocabulary whether they occur or not. Ids: special tokens, characters by code point, characters
/// with the prefix by code point (where the library goes by the order of a hash table), then what is learned, as it comes.
/// Characters beyond the limit, the rarest, and of equally rare ones the larger code points, are left out of their words.
LearnedVocabulary learn_merges(const WordCounts& words, const VocabularyOptions& options, const std::string& prefix = "",
                               const std::vector<char32_t>& initial = {});

}  // namespace espalier
