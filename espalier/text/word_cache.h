// What a model made of the words it has seen: read and filled by several threads at once, without locks. Entries stay for the
// cache's life and a full neighbourhood takes no more, so its size is bounded.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "espalier/text/token_model.h"

namespace espalier {

class WordCache {
 public:
  static constexpr size_t kLongestWord = 48;  ///< bytes; longer words are rarely seen twice

  WordCache();
  ~WordCache();
  WordCache(const WordCache&) = delete;
  WordCache& operator=(const WordCache&) = delete;

  /// Null where the word is not held.
  const std::vector<Piece>* find(std::string_view word) const;
  void add(std::string_view word, std::span<const Piece> pieces);

 private:
  struct Entry {
    std::string word;
    std::vector<Piece> pieces;
  };
  static constexpr size_t kSlots = size_t{1} << 16, kProbes = 8;

  std::unique_ptr<std::atomic<const Entry*>[]> slots_;
};

}  // namespace espalier
