#include "espalier/text/added_tokens.h"

#include <algorithm>

#include "espalier/text/unicode.h"

namespace espalier {

AddedTokens::AddedTokens(std::vector<AddedToken> tokens, const Normalizer* normalizer) : tokens_(std::move(tokens)) {
  for (size_t i = 0; i < tokens_.size(); ++i) {
    AddedToken& token = tokens_[i];
    by_content_[token.content] = i;
    by_id_[token.id] = i;
    last_id_ = std::max<int64_t>(last_id_, token.id);
    const std::string text = token.normalized ? normalize(normalizer, token.content, 0).text : token.content;
    token.written = text;
    if (text.empty()) continue;
    patterns_[token.normalized][static_cast<unsigned char>(text[0])].push_back({text, i});
  }
  for (size_t kind = 0; kind < patterns_.size(); ++kind) {
    for (size_t byte = 0; byte < patterns_[kind].size(); ++byte) {
      std::vector<Pattern>& bucket = patterns_[kind][byte];
      if (bucket.empty()) continue;
      first_bytes_[kind].push_back(static_cast<char>(byte));
      std::stable_sort(bucket.begin(), bucket.end(),
                       [](const Pattern& a, const Pattern& b) { return a.text.size() > b.text.size(); });
    }
  }
}

const AddedTokens::Pattern* AddedTokens::match(const Patterns& patterns, std::string_view text, size_t at) const {
  const std::string_view rest = text.substr(at);
  for (const Pattern& pattern : patterns[static_cast<unsigned char>(rest[0])]) {
    if (rest.starts_with(pattern.text)) return &pattern;
  }
  return nullptr;
}

bool AddedTokens::is_single_word(std::string_view text, size_t begin, size_t end) {
  if (begin > 0 && (char_classes(char_before(text, begin)) & kWord) != 0) return false;
  return end >= text.size() || (char_classes(next_char(text, end)) & kWord) == 0;
}

void AddedTokens::cut(std::string_view text, bool after_normalization, std::vector<Cut>& cuts) const {
  const std::string& first_bytes = first_bytes_[after_normalization];
  size_t last = 0;
  const auto add = [&](size_t begin, size_t end, int32_t id) {
    cuts.push_back({{static_cast<int32_t>(begin), static_cast<int32_t>(end)}, id});
  };
  for (size_t at = 0; !first_bytes.empty() && (at = text.find_first_of(first_bytes, at)) != std::string_view::npos;) {
    const Pattern* pattern = match(patterns_[after_normalization], text, at);
    if (pattern == nullptr) {
      ++at;
      continue;
    }
    const AddedToken& token = tokens_[pattern->token];
    size_t begin = at, end = at + pattern->text.size();
    at = end;  // a token that is refused is still passed over
    if (token.single_word && !is_single_word(text, begin, end)) continue;
    while (token.lstrip && begin > last && (char_classes(char_before(text, begin)) & kSpace) != 0) {
      --begin;
      while ((static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) --begin;
    }
    for (size_t next = end; token.rstrip && end < text.size(); end = next) {
      if ((char_classes(next_char(text, next)) & kSpace) == 0) break;
    }
    begin = std::max(begin, last);
    if (begin > last) add(last, begin, -1);
    add(begin, end, token.id);
    last = end;
  }
  if (last < text.size()) add(last, text.size(), -1);
}

const AddedToken* AddedTokens::find(std::string_view content) const {
  const auto found = by_content_.find(std::string(content));
  return found == by_content_.end() ? nullptr : &tokens_[found->second];
}

const AddedToken* AddedTokens::find(int32_t id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &tokens_[found->second];
}

}  // namespace espalier
