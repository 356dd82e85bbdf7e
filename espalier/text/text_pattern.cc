#include "espalier/text/text_pattern.h"

#include <algorithm>
#include <array>
#include <utility>

#include "espalier/text/unicode.h"

namespace espalier {
namespace {

constexpr uint16_t kLetterOrNumber = kRegexLetter | kRegexNumber, kAny = kLetterOrNumber | kSpace;

// What one character is to these expressions: a letter, a number, white space, or 0 for the rest; no two hold at once.
uint16_t kind_at(std::string_view text, size_t at) { return char_classes(next_char(text, at)) & kAny; }

// The end of the run of characters of one kind from text[at].
size_t run(std::string_view text, size_t at, uint16_t kind) {
  while (at < text.size()) {
    size_t next = at;
    if ((char_classes(next_char(text, next)) & kAny) != kind) break;
    at = next;
  }
  return at;
}

// 's|'t|'re|'ve|'m|'ll|'d
size_t match_contraction(std::string_view text, size_t at) {
  if (text[at] != '\'' || at + 1 == text.size()) return at;
  const char first = text[at + 1], second = at + 2 < text.size() ? text[at + 2] : '\0';
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return at + 2;
  const bool two = (first == 'r' && second == 'e') || (first == 'v' && second == 'e') || (first == 'l' && second == 'l');
  return two ? at + 3 : at;
}

// \s+(?!\S)|\s+: white space before a word leaves its last character to the word's own match.
size_t match_space(std::string_view text, size_t at) {
  size_t last = at, end = at;
  while (end < text.size()) {
    size_t next = end;
    if ((char_classes(next_char(text, next)) & kSpace) == 0) break;
    last = end;
    end = next;
  }
  return end == text.size() || last == at ? end : last;
}

// 's|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+
size_t match_clip(std::string_view text, size_t at) {
  if (const size_t end = match_contraction(text, at); end > at) return end;
  const uint16_t kind = kind_at(text, at);
  if (kind == kSpace) return at;
  if (kind != kRegexNumber) return run(text, at, kind);
  next_char(text, at);
  return at;
}

size_t match_clip_with_ends(std::string_view text, size_t at) {
  for (const std::string_view end : {"<|startoftext|>", "<|endoftext|>"}) {
    if (text.substr(at).starts_with(end)) return at + end.size();
  }
  return match_clip(text, at);
}

size_t match_spaces(std::string_view text, size_t at) { return run(text, at, kSpace); }

size_t match_two_blanks(std::string_view text, size_t at) {
  const size_t end = std::min(text.find_first_not_of(' ', at), text.size());
  return end - at >= 2 ? end : at;
}

constexpr std::array<std::pair<std::string_view, TextPattern>, 5> kPatterns = {{
    {R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)", match_gpt2},
    {R"('s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)", match_clip},
    {R"(<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)", match_clip_with_ends},
    {R"(\s+)", match_spaces},
    {" {2,}", match_two_blanks},
}};

}  // namespace

size_t match_gpt2(std::string_view text, size_t at) {
  if (const size_t end = match_contraction(text, at); end > at) return end;
  const size_t word = text[at] == ' ' ? at + 1 : at;
  if (word < text.size()) {
    if (const uint16_t kind = kind_at(text, word); kind != kSpace) return run(text, word, kind);
  }
  return match_space(text, at);
}

TextPattern find_pattern(std::string_view regex) {
  for (const auto& [text, pattern] : kPatterns) {
    if (text == regex) return pattern;
  }
  return nullptr;
}

std::vector<std::string> known_patterns() {
  std::vector<std::string> known;
  for (const auto& [text, pattern] : kPatterns) known.emplace_back(text);
  return known;
}

}  // namespace espalier
