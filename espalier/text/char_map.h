// SentencePiece's precompiled character map: text that is replaced, in a double-array trie (darts-clone's units).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace espalier {

class CharMap {
 public:
  /// `bytes`: the trie's size in bytes, the trie, and the replacements with a zero byte behind each, as `precompiled_charsmap` of
  /// spiece.model has them.
  CharMap(std::string_view bytes, const std::string& place);

  /// What the shortest entry that `text` begins with is replaced by; none where it begins with no entry.
  std::optional<std::string_view> find(std::string_view text) const;

 private:
  std::vector<uint32_t> units_;
  std::string texts_;
};

/// The bytes that base64 text stands for.
std::string decode_base64(std::string_view text, const std::string& place);

}  // namespace espalier
