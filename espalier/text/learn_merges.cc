#include "espalier/text/learn_merges.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <queue>
#include <set>
#include <unordered_map>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/text/unicode.h"

namespace espalier {
namespace {

using Pair = uint64_t;  // the left id above the right one, so that pairs compare as the library's do

constexpr Pair pair_of(int32_t left, int32_t right) { return uint64_t(uint32_t(left)) << 32 | uint32_t(right); }
constexpr int32_t left_of(Pair pair) { return static_cast<int32_t>(pair >> 32); }
constexpr int32_t right_of(Pair pair) { return static_cast<int32_t>(pair & 0xFFFFFFFFu); }

/// Pairs with their counts; none is ever removed.
class PairTable {
 public:
  struct Facts {
    Pair pair = kFree;
    int64_t count = 0;
    int32_t fresh = -1;  ///< where the words are collected in which the running step made it; -1 = nowhere
  };

  PairTable() : slots_(size_t{1} << 14) {}

  Facts& operator[](Pair pair) {
    if (2 * (used_ + 1) > slots_.size()) grow();
    Facts& facts = place(slots_, pair);
    if (facts.pair == kFree) {
      facts.pair = pair;
      ++used_;
    }
    return facts;
  }

 private:
  static constexpr Pair kFree = std::numeric_limits<Pair>::max();

  static Facts& place(std::vector<Facts>& slots, Pair pair) {
    size_t at = (pair * 0x9E3779B97F4A7C15ULL >> 20) & (slots.size() - 1);
    while (slots[at].pair != kFree && slots[at].pair != pair) at = (at + 1) & (slots.size() - 1);
    return slots[at];
  }

  void grow() {
    std::vector<Facts> larger(2 * slots_.size());
    for (const Facts& facts : slots_) {
      if (facts.pair != kFree) place(larger, facts.pair) = facts;
    }
    slots_ = std::move(larger);
  }

  std::vector<Facts> slots_;
  size_t used_ = 0;
};

/// A pair with the words that had it when it was put into the queue.
struct Waiting {
  int64_t count;
  Pair pair;
  uint32_t words;  // number of a list of words
  bool operator<(const Waiting& other) const { return count != other.count ? count < other.count : pair > other.pair; }
};

class Learner {
 public:
  Learner(const WordCounts& words, const VocabularyOptions& options, const std::string& prefix)
      : words_(words), options_(options), prefix_(prefix) {}

  LearnedVocabulary learn(const std::vector<char32_t>& initial) {
    for (const std::string& token : options_.special) id_of(token);
    const std::vector<char32_t> alphabet = choose_alphabet(initial);
    for (const char32_t c : alphabet) id_of(utf8(c));
    if (int64_t(made_.tokens.size()) > options_.size) {
      throw usage_error("a vocabulary of {} has no room for {} special tokens and {} characters", with_commas(options_.size),
                        options_.special.size(), with_commas(int64_t(alphabet.size())))
          .hint("choose a larger vocabulary, or limit the alphabet");
    }
    spell(alphabet);
    count_pairs();
    while (int64_t(made_.tokens.size()) < options_.size && step()) {
    }
    keep_merges();
    return std::move(made_);
  }

 private:
  struct Word {
    uint32_t begin, length;  // of symbols_
  };

  static std::string utf8(char32_t c) {
    std::string text;
    append_utf8(c, text);
    return text;
  }

  int32_t id_of(const std::string& token) {
    const auto [at, is_new] = ids_.emplace(token, static_cast<int32_t>(made_.tokens.size()));
    if (is_new) made_.tokens.push_back(token);
    return at->second;
  }

  std::vector<char32_t> choose_alphabet(const std::vector<char32_t>& initial) const {
    std::unordered_map<char32_t, int64_t> counts;
    for (size_t i = 0; i < words_.size(); ++i) {
      const std::string_view word = words_.word(i);
      for (size_t at = 0; at < word.size();) counts[next_char(word, at)] += words_.count(i);
    }
    for (const char32_t c : initial) counts[c] = std::numeric_limits<int64_t>::max();
    std::vector<std::pair<int64_t, char32_t>> kept;  // the most frequent first, then the smaller code points
    for (const auto& [c, count] : counts) kept.emplace_back(-count, c);
    std::sort(kept.begin(), kept.end());
    if (options_.limit_alphabet > 0 && int64_t(kept.size()) > options_.limit_alphabet)
      kept.resize(size_t(options_.limit_alphabet));
    std::vector<char32_t> alphabet;
    for (const auto& entry : kept) alphabet.push_back(entry.second);
    std::sort(alphabet.begin(), alphabet.end());
    return alphabet;
  }

  /// Words as ids of their characters.
  void spell(const std::vector<char32_t>& alphabet) {
    std::unordered_map<char32_t, std::pair<int32_t, int32_t>> ids;  // at the front of a word, and behind; -1 = not yet
    for (const char32_t c : alphabet) {
      const int32_t id = id_of(utf8(c));
      ids[c] = {id, prefix_.empty() ? id : -1};
    }
    if (!prefix_.empty()) {
      std::set<char32_t> behind;
      for (size_t i = 0; i < words_.size(); ++i) {
        const std::string_view word = words_.word(i);
        size_t at = 0;
        if (!word.empty()) next_char(word, at);
        while (at < word.size()) {
          const char32_t c = next_char(word, at);
          if (ids.contains(c)) behind.insert(c);
        }
      }
      for (const char32_t c : behind) ids[c].second = id_of(prefix_ + utf8(c));
    }
    for (size_t i = 0; i < words_.size(); ++i) {
      const std::string_view word = words_.word(i);
      const auto begin = static_cast<uint32_t>(symbols_.size());
      for (size_t at = 0; at < word.size();) {
        const bool first = at == 0;
        const auto found = ids.find(next_char(word, at));
        if (found != ids.end()) symbols_.push_back(first ? found->second.first : found->second.second);
      }
      if (symbols_.size() > std::numeric_limits<uint32_t>::max()) {
        throw data_error("the text has too many different words to learn a vocabulary from").hint("take a part of it");
      }
      spelled_.push_back({begin, static_cast<uint32_t>(symbols_.size()) - begin});
    }
  }

  void count_pairs() {
    for (uint32_t w = 0; w < spelled_.size(); ++w) {
      const int32_t* symbols = symbols_.data() + spelled_[w].begin;
      for (uint32_t i = 0; i + 1 < spelled_[w].length; ++i) {
        change(pair_of(symbols[i], symbols[i + 1]), words_.count(w), w);
      }
    }
    enqueue();
  }

  /// Adds to a pair's count; where it grows, the word has the pair.
  void change(Pair pair, int64_t by, uint32_t word) {
    PairTable::Facts& facts = pairs_[pair];
    facts.count += by;
    if (by <= 0) return;
    if (facts.fresh < 0) {
      facts.fresh = static_cast<int32_t>(fresh_.size());
      fresh_.push_back({pair, take_list()});
    }
    std::vector<uint32_t>& list = lists_[fresh_[size_t(facts.fresh)].second];
    if (list.empty() || list.back() != word) list.push_back(word);
  }

  uint32_t take_list() {
    if (free_.empty()) {
      lists_.emplace_back();
      return static_cast<uint32_t>(lists_.size() - 1);
    }
    const uint32_t list = free_.back();
    free_.pop_back();
    return list;
  }

  void give_back(uint32_t list) {
    lists_[list].clear();
    free_.push_back(list);
  }

  void enqueue() {
    for (const auto& [pair, list] : fresh_) {
      PairTable::Facts& facts = pairs_[pair];
      facts.fresh = -1;
      if (facts.count > 0) {
        queue_.push({facts.count, pair, list});
      } else {
        give_back(list);
      }
    }
    fresh_.clear();
  }

  /// One merge; false when no pair is left that is frequent enough.
  bool step() {
    std::optional<Waiting> top;
    while (!top) {
      if (queue_.empty()) return false;  // counts that fell while a pair waited are put right when it comes up
      Waiting next = queue_.top();
      queue_.pop();
      const int64_t now = pairs_[next.pair].count;
      if (now == next.count) {
        top = next;
      } else {
        next.count = now;
        queue_.push(next);
      }
    }
    if (top->count < std::max<int64_t>(1, options_.min_frequency)) return false;
    const std::string& left = made_.tokens[size_t(left_of(top->pair))];
    std::string_view right = made_.tokens[size_t(right_of(top->pair))];
    if (!prefix_.empty() && right.starts_with(prefix_)) right.remove_prefix(prefix_.size());
    const int32_t id = id_of(left + std::string(right));
    merged_.push_back(top->pair);
    const std::vector<uint32_t> words = std::move(lists_[top->words]);
    for (const uint32_t word : words) merge(word, top->pair, id);
    give_back(top->words);
    enqueue();
    return true;
  }

  void merge(uint32_t w, Pair pair, int32_t id) {
    const int32_t left = left_of(pair), right = right_of(pair);
    Word& word = spelled_[w];
    int32_t* symbols = symbols_.data() + word.begin;
    const int64_t times = words_.count(w);
    uint32_t size = 0;  // symbols [0, size) are done; the old ones from `at` on are not
    for (uint32_t at = 0; at < word.length; ++at) {
      if (symbols[at] != left || at + 1 == word.length || symbols[at + 1] != right) {
        symbols[size++] = symbols[at];
        continue;
      }
      if (size > 0) {
        change(pair_of(symbols[size - 1], left), -times, w);
        change(pair_of(symbols[size - 1], id), times, w);
      }
      ++at;
      if (at + 1 < word.length) {
        change(pair_of(right, symbols[at + 1]), -times, w);
        change(pair_of(id, symbols[at + 1]), times, w);
      }
      symbols[size++] = id;
    }
    word.length = size;
  }

  /// A pair may have been merged twice, the second time in words that came to it later: the library's table keeps the second.
  void keep_merges() {
    std::set<Pair> seen;
    for (size_t i = merged_.size(); i-- > 0;) {
      if (!seen.insert(merged_[i]).second) continue;
      made_.merges.emplace_back(made_.tokens[size_t(left_of(merged_[i]))], made_.tokens[size_t(right_of(merged_[i]))]);
    }
    std::reverse(made_.merges.begin(), made_.merges.end());
  }

  const WordCounts& words_;
  const VocabularyOptions& options_;
  const std::string& prefix_;
  LearnedVocabulary made_;
  std::unordered_map<std::string, int32_t> ids_;
  std::vector<int32_t> symbols_;
  std::vector<Word> spelled_;
  PairTable pairs_;
  std::vector<std::pair<Pair, uint32_t>> fresh_;  // pairs of the running step, each with its list of words
  std::vector<std::vector<uint32_t>> lists_;
  std::vector<uint32_t> free_;
  std::priority_queue<Waiting> queue_;
  std::vector<Pair> merged_;
};

}  // namespace

LearnedVocabulary learn_merges(const WordCounts& words, const VocabularyOptions& options, const std::string& prefix,
                               const std::vector<char32_t>& initial) {
  return Learner(words, options, prefix).learn(initial);
}

}  // namespace espalier
