// WordPiece over one trie: continuing pieces start at the node behind the prefix ("##").
#include <fmt/format.h>

#include <algorithm>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/text/token_model.h"
#include "espalier/text/trie.h"
#include "espalier/text/vocabulary.h"

namespace espalier {
namespace {

int64_t count_chars(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

class WordPiece final : public TokenModel {
 public:
  WordPiece(std::vector<std::pair<std::string, int32_t>> vocabulary, const WordPieceOptions& options, int32_t unk)
      : unk_(unk),
        max_chars_(options.max_input_chars_per_word),
        size_(static_cast<int64_t>(vocabulary.size())),
        trie_(vocabulary) {
    for (auto& [token, id] : vocabulary) {
      if (static_cast<size_t>(id) >= tokens_.size()) tokens_.resize(static_cast<size_t>(id) + 1);
      tokens_[static_cast<size_t>(id)] = std::move(token);
    }
    continuing_ = walk(Trie::kRoot, options.continuing_subword_prefix);
  }

  void tokenize(std::string_view word, std::vector<Piece>& pieces) const override {
    const size_t before = pieces.size();
    const bool too_long = static_cast<int64_t>(word.size()) > max_chars_ && count_chars(word) > max_chars_;
    if (too_long || !match(word, pieces)) {
      pieces.resize(before);
      pieces.push_back({unk_, {0, static_cast<int32_t>(word.size())}});
    }
  }

  std::optional<int32_t> id(std::string_view token) const override {
    const int32_t node = walk(Trie::kRoot, token);
    if (node == Trie::kNone || trie_.value(node) == Trie::kNone) return std::nullopt;
    return trie_.value(node);
  }
  const std::string* token(int32_t id) const override {
    if (id < 0 || static_cast<size_t>(id) >= tokens_.size() || !tokens_[static_cast<size_t>(id)]) return nullptr;
    return &*tokens_[static_cast<size_t>(id)];
  }
  int64_t size() const override { return size_; }
  int64_t last_id() const override { return static_cast<int64_t>(tokens_.size()) - 1; }

 private:
  int32_t walk(int32_t node, std::string_view text) const {
    for (size_t i = 0; i < text.size() && node != Trie::kNone; ++i) node = trie_.step(node, static_cast<unsigned char>(text[i]));
    return node;
  }

  bool match(std::string_view word, std::vector<Piece>& pieces) const {
    for (size_t begin = 0; begin < word.size();) {
      int32_t node = begin == 0 ? Trie::kRoot : continuing_;
      int32_t found = Trie::kNone;
      size_t end = begin;
      for (size_t i = begin; i < word.size() && node != Trie::kNone; ++i) {
        node = trie_.step(node, static_cast<unsigned char>(word[i]));
        if (node != Trie::kNone && trie_.value(node) != Trie::kNone) {
          found = trie_.value(node);
          end = i + 1;
        }
      }
      if (found == Trie::kNone) return false;
      pieces.push_back({found, {static_cast<int32_t>(begin), static_cast<int32_t>(end)}});
      begin = end;
    }
    return true;
  }

  int32_t unk_;
  int64_t max_chars_;
  int64_t size_;
  Trie trie_;
  int32_t continuing_ = Trie::kNone;
  std::vector<std::optional<std::string>> tokens_;
};

}  // namespace

std::unique_ptr<TokenModel> make_wordpiece(std::vector<std::pair<std::string, int32_t>> vocabulary,
                                           const WordPieceOptions& options, const std::string& place) {
  if (vocabulary.empty()) {
    throw data_error("the vocabulary is empty; expected at least the unknown token '{}'", options.unk_token).at(place);
  }
  Problems problems;
  const auto by_token = index_vocabulary(vocabulary, place, problems);
  const auto unk = by_token.find(options.unk_token);
  if (unk == by_token.end()) {
    problems.add(place, fmt::format("the unknown token '{}' is not in the vocabulary", printable(options.unk_token)),
                 "add it to the vocabulary or name another one as unk_token");
  }
  problems.raise(ErrorKind::data, "the vocabulary cannot be used");
  return std::make_unique<WordPiece>(std::move(vocabulary), options, unk->second);
}

}  // namespace espalier
