// The regular expressions that published tokenizers cut text by, written by hand over Unicode classes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace espalier {

/// The end of the match that begins at text[at], or `at` where none begins there. The text is valid UTF-8.
using TextPattern = size_t (*)(std::string_view text, size_t at);

/// GPT-2's: 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+ (Radford et al. 2019, encoder.py).
/// A match begins at every character.
size_t match_gpt2(std::string_view text, size_t at);

/// The one that is written `regex`; null for one that is not built.
TextPattern find_pattern(std::string_view regex);
std::vector<std::string> known_patterns();

}  // namespace espalier
