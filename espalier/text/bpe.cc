// Byte-pair encoding. Two ways to merge, with the same result: for usual words the earliest pair is looked for again after each
// merge; for long ones a queue holds the pairs, so that n characters take n log n.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <queue>
#include <span>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/text/merge_table.h"
#include "espalier/text/token_model.h"
#include "espalier/text/unicode.h"
#include "espalier/text/vocabulary.h"
#include "espalier/text/word_cache.h"

namespace espalier {
namespace {

constexpr int32_t kNoRank = std::numeric_limits<int32_t>::max();
constexpr size_t kShort = 40;  // symbols of a usual word

struct Symbol {
  int32_t id, length;
};

// A symbol of a long word; length 0: it was joined to the one before.
struct Link {
  int32_t id, length, before, after;
};

struct Candidate {
  int32_t rank, at, id;
  bool operator<(const Candidate& other) const { return rank != other.rank ? rank > other.rank : at > other.at; }
};

void merge_short(const MergeTable& merges, std::vector<Symbol>& symbols) {
  std::array<Merged, kShort> pairs{};  // of each symbol and the next
  size_t size = symbols.size();
  const auto look = [&](size_t i) {
    const Merged* merged = merges.find(symbols[i].id, symbols[i + 1].id);
    pairs[i] = merged != nullptr ? *merged : Merged{kNoRank, 0};
  };
  for (size_t i = 0; i + 1 < size; ++i) look(i);
  while (size > 1) {
    const auto by_rank = [](const Merged& a, const Merged& b) { return a.rank < b.rank; };
    const auto at = static_cast<size_t>(std::min_element(pairs.begin(), pairs.begin() + (size - 1), by_rank) - pairs.begin());
    if (pairs[at].rank == kNoRank) break;
    symbols[at] = {pairs[at].id, symbols[at].length + symbols[at + 1].length};
    std::copy(symbols.begin() + at + 2, symbols.begin() + size, symbols.begin() + at + 1);
    --size;
    if (at + 1 < size) {
      std::copy(pairs.begin() + at + 2, pairs.begin() + size, pairs.begin() + at + 1);
      look(at);
    }
    if (at > 0) look(at - 1);
  }
  symbols.resize(size);
}

void merge_long(const MergeTable& merges, std::vector<Symbol>& symbols) {
  const auto size = static_cast<int32_t>(symbols.size());
  std::vector<Link> links;
  links.reserve(symbols.size());
  for (int32_t i = 0; i < size; ++i) links.push_back({symbols[i].id, symbols[i].length, i - 1, i + 1 < size ? i + 1 : -1});
  std::priority_queue<Candidate> queue;
  const auto offer = [&](int32_t at) {
    if (at < 0 || links[at].after < 0) return;
    const Merged* merged = merges.find(links[at].id, links[links[at].after].id);
    if (merged != nullptr) queue.push({merged->rank, at, merged->id});
  };
  for (int32_t i = 0; i < size; ++i) offer(i);
  while (!queue.empty()) {
    const Candidate best = queue.top();
    queue.pop();
    Link& left = links[best.at];
    if (left.length == 0 || left.after < 0) continue;
    Link& right = links[left.after];
    const Merged* merged = merges.find(left.id, right.id);
    if (merged == nullptr || merged->id != best.id) continue;  // one of the two has grown since
    left = {best.id, left.length + right.length, left.before, right.after};
    right.length = 0;
    if (left.after >= 0) links[left.after].before = best.at;
    offer(left.before);
    offer(best.at);
  }
  symbols.clear();
  for (const Link& link : links) {
    if (link.length > 0) symbols.push_back({link.id, link.length});
  }
}

class Bpe final : public TokenModel {
 public:
  Bpe(Vocabulary vocabulary, MergeTable merges, BpeOptions options)
      : options_(std::move(options)), merges_(std::move(merges)), size_(static_cast<int64_t>(vocabulary.size())) {
    for (auto& [token, id] : vocabulary) {
      if (static_cast<size_t>(id) >= tokens_.size()) tokens_.resize(static_cast<size_t>(id) + 1);
      tokens_[static_cast<size_t>(id)] = std::move(token);
    }
    ids_.reserve(vocabulary.size());
    for (size_t id = 0; id < tokens_.size(); ++id) {
      if (tokens_[id]) ids_.emplace(*tokens_[id], static_cast<int32_t>(id));
    }
    if (options_.unk_token) unk_ = id(*options_.unk_token);
  }

  void tokenize(std::string_view word, std::vector<Piece>& pieces) const override {
    const bool cached = word.size() <= WordCache::kLongestWord;
    if (cached) {
      if (const std::vector<Piece>* known = cache_.find(word); known != nullptr) {
        pieces.insert(pieces.end(), known->begin(), known->end());
        return;
      }
    }
    const size_t first = pieces.size();
    merge(word, pieces);
    if (cached) cache_.add(word, std::span(pieces).subspan(first));
  }

  std::optional<int32_t> id(std::string_view token) const override {
    const auto found = ids_.find(token);
    return found == ids_.end() ? std::nullopt : std::optional(found->second);
  }
  const std::string* token(int32_t id) const override {
    if (id < 0 || static_cast<size_t>(id) >= tokens_.size() || !tokens_[static_cast<size_t>(id)]) return nullptr;
    return &*tokens_[static_cast<size_t>(id)];
  }
  int64_t size() const override { return size_; }
  int64_t last_id() const override { return static_cast<int64_t>(tokens_.size()) - 1; }

 private:
  void merge(std::string_view word, std::vector<Piece>& pieces) const {
    const auto end = static_cast<int32_t>(word.size());
    if (options_.ignore_merges) {
      if (const auto whole = id(word); whole) return pieces.push_back({*whole, {0, end}});
    }
    std::vector<Symbol> symbols = symbols_of(word);
    symbols.size() <= kShort ? merge_short(merges_, symbols) : merge_long(merges_, symbols);
    int32_t at = 0;
    for (const Symbol& symbol : symbols) {
      pieces.push_back({symbol.id, {std::min(at, end - 1), std::min(at + symbol.length, end)}});
      at += symbol.length;
    }
  }

  // As the library does it, to the letter: characters that are left out take no room, so later pieces move to the left; and an
  // unknown token that waits for its neighbours is put behind the bytes of a character that falls back.
  std::vector<Symbol> symbols_of(std::string_view word) const {
    std::vector<Symbol> symbols;
    symbols.reserve(word.size());
    int32_t unknown = 0;  // bytes of the unknown token that waits
    std::string affixed;
    const auto flush = [&] {
      if (unknown > 0) symbols.push_back({*unk_, unknown});
      unknown = 0;
    };
    for (size_t at = 0; at < word.size();) {
      const size_t begin = at;
      next_char(word, at);
      const std::string_view text = affix(word, begin, at, affixed);
      const auto length = static_cast<int32_t>(at - begin);
      if (const auto known = id(text); known) {
        flush();
        symbols.push_back({*known, length});
      } else if (!(options_.byte_fallback && fall_back(text, symbols)) && unk_) {
        if (!options_.fuse_unk) flush();
        unknown += length;
      }
    }
    flush();
    return symbols;
  }

  std::string_view affix(std::string_view word, size_t begin, size_t end, std::string& buffer) const {
    const bool prefix = begin > 0 && !options_.continuing_subword_prefix.empty();
    const bool suffix = end == word.size() && !options_.end_of_word_suffix.empty();
    const std::string_view text = word.substr(begin, end - begin);
    if (!prefix && !suffix) return text;
    buffer.clear();
    if (prefix) buffer += options_.continuing_subword_prefix;
    buffer += text;
    if (suffix) buffer += options_.end_of_word_suffix;
    return buffer;
  }

  bool fall_back(std::string_view text, std::vector<Symbol>& symbols) const {
    const size_t before = symbols.size();
    for (const char c : text) {
      const auto byte = id(fmt::format("<0x{:02X}>", static_cast<unsigned char>(c)));
      if (!byte) return symbols.resize(before), false;
      symbols.push_back({*byte, 1});
    }
    return true;
  }

  BpeOptions options_;
  MergeTable merges_;
  int64_t size_;
  std::optional<int32_t> unk_;
  std::vector<std::optional<std::string>> tokens_;
  std::unordered_map<std::string_view, int32_t> ids_;  // of tokens_
  mutable WordCache cache_;
};

}  // namespace

std::unique_ptr<TokenModel> make_bpe(Vocabulary vocabulary, const std::vector<std::pair<std::string, std::string>>& merges,
                                     const BpeOptions& options, const std::string& place) {
  if (vocabulary.empty()) throw data_error("the vocabulary is empty; expected tokens").at(place);
  Problems problems;
  const auto ids = index_vocabulary(vocabulary, place, problems);
  if (options.unk_token && !ids.contains(*options.unk_token)) {
    problems.add(place, fmt::format("the unknown token '{}' is not in the vocabulary", printable(*options.unk_token)),
                 "add it to the vocabulary or name another one as unk_token");
  }
  const auto id_of = [&](const std::string& token, size_t rank) {
    const auto found = ids.find(token);
    if (found != ids.end()) return found->second;
    problems.add(place, fmt::format("merge {} has '{}', which is not in the vocabulary", rank + 1, printable(token)));
    return -1;
  };
  MergeTable table(merges.size());
  for (size_t rank = 0; rank < merges.size(); ++rank) {
    const auto& [left, right] = merges[rank];
    if (!right.starts_with(options.continuing_subword_prefix)) {
      problems.add(place, fmt::format("merge {} has '{}', which does not begin with '{}'", rank + 1, printable(right),
                                      printable(options.continuing_subword_prefix)));
      continue;
    }
    const int32_t left_id = id_of(left, rank), right_id = id_of(right, rank);
    const int32_t id = id_of(left + right.substr(options.continuing_subword_prefix.size()), rank);
    if (left_id >= 0 && right_id >= 0) table.set(left_id, right_id, {static_cast<int32_t>(rank), id});
  }
  problems.raise(ErrorKind::data, "the vocabulary and its merges cannot be used");
  return std::make_unique<Bpe>(std::move(vocabulary), std::move(table), options);
}

}  // namespace espalier
