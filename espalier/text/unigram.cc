// Unigram by Viterbi: the best path to each byte of a word, over one trie of all tokens.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/text/token_model.h"
#include "espalier/text/trie.h"
#include "espalier/text/unicode.h"
#include "espalier/text/vocabulary.h"
#include "espalier/text/word_cache.h"

namespace espalier {
namespace {

constexpr double kUnknownPenalty = 10;  // an unknown character scores so much below the worst token
constexpr int32_t kUnreached = -1;

// The best way to the end of a stretch: its last token and where that begins.
struct Step {
  double score = 0;
  int32_t begin = kUnreached, id = 0;
};

class Unigram final : public TokenModel {
 public:
  Unigram(std::vector<std::pair<std::string, double>> vocabulary, const UnigramOptions& options, const Vocabulary& entries)
      : options_(options), trie_(entries) {
    double worst = std::numeric_limits<double>::infinity();
    for (auto& [token, score] : vocabulary) {
      worst = std::min(worst, score);
      tokens_.push_back(std::move(token));
      scores_.push_back(score);
    }
    unknown_score_ = worst - kUnknownPenalty;
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
    cover(word, pieces);
    if (cached) cache_.add(word, std::span(pieces).subspan(first));
  }

  std::optional<int32_t> id(std::string_view token) const override {
    int32_t node = Trie::kRoot;
    for (size_t i = 0; i < token.size() && node != Trie::kNone; ++i)
      node = trie_.step(node, static_cast<unsigned char>(token[i]));
    if (node == Trie::kNone || trie_.value(node) == Trie::kNone) return std::nullopt;
    return trie_.value(node);
  }
  const std::string* token(int32_t id) const override {
    return id < 0 || static_cast<size_t>(id) >= tokens_.size() ? nullptr : &tokens_[static_cast<size_t>(id)];
  }
  int64_t size() const override { return static_cast<int64_t>(tokens_.size()); }
  int64_t last_id() const override { return size() - 1; }

 private:
  void cover(std::string_view word, std::vector<Piece>& pieces) const {
    const std::vector<Step> best = best_steps(word);
    const size_t first = pieces.size();
    for (auto end = static_cast<int32_t>(word.size()); end > 0;) {
      const Step& step = best[static_cast<size_t>(end)];
      const bool fuses = step.id == options_.unk_id && pieces.size() > first && pieces.back().id == step.id;
      if (fuses) {
        pieces.back().range.begin = step.begin;
      } else {
        pieces.push_back({step.id, {step.begin, end}});
      }
      end = step.begin;
    }
    std::reverse(pieces.begin() + static_cast<std::ptrdiff_t>(first), pieces.end());
    if (options_.unk_id) name_unknown(word, first, pieces);
  }

  std::vector<Step> best_steps(std::string_view word) const {
    std::vector<Step> best(word.size() + 1);
    for (size_t begin = 0, next = 0; begin < word.size(); begin = next) {
      next_char(word, next);
      const double score = best[begin].score;
      const auto offer = [&](size_t end, double gain, int32_t id) {
        Step& step = best[end];
        if (step.begin == kUnreached || score + gain > step.score) step = {score + gain, static_cast<int32_t>(begin), id};
      };
      bool single = false;
      int32_t node = Trie::kRoot;
      for (size_t at = begin; at < word.size();) {
        node = trie_.step(node, static_cast<unsigned char>(word[at++]));
        if (node == Trie::kNone) break;
        const int32_t id = trie_.value(node);
        if (id == Trie::kNone) continue;
        offer(at, scores_[static_cast<size_t>(id)], id);
        single |= at == next;
      }
      if (!single) offer(next, unknown_score_, unknown(word.substr(begin, next - begin)));
    }
    return best;
  }

  int32_t unknown(std::string_view text) const {
    if (options_.unk_id) return *options_.unk_id;
    throw data_error("no token covers '{}', and the tokenizer has no unknown token", printable(text));
  }

  // The library looks the text of a fused piece up again: it may be a token after all, or fall back to its bytes.
  void name_unknown(std::string_view word, size_t first, std::vector<Piece>& pieces) const {
    for (size_t i = first; i < pieces.size(); ++i) {
      if (pieces[i].id != *options_.unk_id) continue;
      const Span range = pieces[i].range;
      const std::string_view text = word.substr(static_cast<size_t>(range.begin), static_cast<size_t>(range.end - range.begin));
      if (const auto known = id(text); known) {
        pieces[i].id = *known;
      } else if (options_.byte_fallback) {
        i += fall_back(text, i, pieces);
      }
    }
  }

  // How many more pieces there are than before.
  size_t fall_back(std::string_view text, size_t at, std::vector<Piece>& pieces) const {
    std::vector<Piece> bytes;
    for (const char c : text) {
      const auto byte = id(fmt::format("<0x{:02X}>", static_cast<unsigned char>(c)));
      if (!byte) return 0;
      bytes.push_back({*byte, pieces[at].range});
    }
    pieces[at] = bytes[0];
    pieces.insert(pieces.begin() + static_cast<std::ptrdiff_t>(at) + 1, bytes.begin() + 1, bytes.end());
    return bytes.size() - 1;
  }

  UnigramOptions options_;
  Trie trie_;
  std::vector<std::string> tokens_;
  std::vector<double> scores_;
  double unknown_score_ = 0;
  mutable WordCache cache_;
};

}  // namespace

std::unique_ptr<TokenModel> make_unigram(std::vector<std::pair<std::string, double>> vocabulary, const UnigramOptions& options,
                                         const std::string& place) {
  if (vocabulary.empty()) throw data_error("the vocabulary is empty; expected tokens").at(place);
  Problems problems;
  Vocabulary entries;
  entries.reserve(vocabulary.size());
  for (const auto& [token, score] : vocabulary) {
    if (!std::isfinite(score)) {
      problems.add(place, fmt::format("token '{}' has the score {}; expected a number", printable(token), score));
    }
    entries.emplace_back(token, static_cast<int32_t>(entries.size()));
  }
  index_vocabulary(entries, place, problems);
  if (options.unk_id && (*options.unk_id < 0 || static_cast<size_t>(*options.unk_id) >= entries.size())) {
    problems.add(place, fmt::format("the unknown token has id {}; expected 0 to {}", *options.unk_id, entries.size() - 1));
  }
  problems.raise(ErrorKind::data, "the vocabulary cannot be used");
  return std::make_unique<Unigram>(std::move(vocabulary), options, entries);
}

}  // namespace espalier
