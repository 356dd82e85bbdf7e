#include "espalier/text/pre_tokenizer.h"

#include <algorithm>

#include "espalier/text/unicode.h"

namespace espalier {
namespace {

struct Match {
  Span range;
  bool is_delimiter;
};

// Stretches and delimiters in turn, covering the piece; `is` says which code points are delimiters, each on its own.
template <class Predicate>
std::vector<Match> match_chars(std::string_view text, Span piece, Predicate is) {
  std::vector<Match> matches;
  int32_t last = piece.begin;
  for (auto at = static_cast<size_t>(piece.begin); at < static_cast<size_t>(piece.end);) {
    const auto begin = static_cast<int32_t>(at);
    if (!is(char_classes(next_char(text, at)))) continue;
    if (begin > last) matches.push_back({{last, begin}, false});
    matches.push_back({{begin, last = static_cast<int32_t>(at)}, true});
  }
  if (piece.end > last) matches.push_back({{last, piece.end}, false});
  return matches;
}

void keep(const std::vector<Match>& matches, Delimiter behavior, std::vector<Span>& words) {
  const size_t first = words.size();
  bool previous = behavior == Delimiter::merged_with_next;
  for (const auto& [range, is_delimiter] : matches) {
    bool joins = false;
    switch (behavior) {
      case Delimiter::removed:
        if (is_delimiter) continue;
        break;
      case Delimiter::isolated:
        break;
      case Delimiter::merged_with_previous:
        joins = is_delimiter && !previous;
        break;
      case Delimiter::merged_with_next:
        joins = !is_delimiter && previous;
        break;
      case Delimiter::contiguous:
        joins = is_delimiter == previous;
        break;
    }
    if (joins && words.size() > first) {
      words.back().end = range.end;
    } else {
      words.push_back(range);
    }
    previous = is_delimiter;
  }
}

class BertPreTokenizer final : public PreTokenizer {
 public:
  void split(std::string_view text, Span piece, std::vector<Span>& words) const override {
    int32_t word = piece.begin;
    for (auto at = static_cast<size_t>(piece.begin); at < static_cast<size_t>(piece.end);) {
      const auto begin = static_cast<int32_t>(at);
      const uint16_t classes = char_classes(next_char(text, at));
      if ((classes & (kSpace | kPunctuation)) == 0) continue;
      if (begin > word) words.push_back({word, begin});
      word = static_cast<int32_t>(at);
      if ((classes & kSpace) == 0) words.push_back({begin, word});
    }
    if (piece.end > word) words.push_back({word, piece.end});
  }
};

class WhitespaceSplit final : public PreTokenizer {
 public:
  void split(std::string_view text, Span piece, std::vector<Span>& words) const override {
    keep(match_chars(text, piece, [](uint16_t classes) { return (classes & kSpace) != 0; }), Delimiter::removed, words);
  }
};

class Whitespace final : public PreTokenizer {
 public:
  void split(std::string_view text, Span piece, std::vector<Span>& words) const override {
    uint16_t last = kSpace;
    for (auto at = static_cast<size_t>(piece.begin); at < static_cast<size_t>(piece.end);) {
      const auto begin = static_cast<int32_t>(at);
      const uint16_t classes = char_classes(next_char(text, at));
      const uint16_t kind = (classes & kWord) != 0 ? kWord : classes & kSpace;
      if (kind != kSpace && kind == last) {
        words.back().end = static_cast<int32_t>(at);
      } else if (kind != kSpace) {
        words.push_back({begin, static_cast<int32_t>(at)});
      }
      last = kind;
    }
  }
};

class Punctuation final : public PreTokenizer {
 public:
  explicit Punctuation(Delimiter behavior) : behavior_(behavior) {}
  void split(std::string_view text, Span piece, std::vector<Span>& words) const override {
    keep(match_chars(text, piece, [](uint16_t classes) { return (classes & kPunctuation) != 0; }), behavior_, words);
  }

 private:
  Delimiter behavior_;
};

class Digits final : public PreTokenizer {
 public:
  explicit Digits(bool individual) : behavior_(individual ? Delimiter::isolated : Delimiter::contiguous) {}
  void split(std::string_view text, Span piece, std::vector<Span>& words) const override {
    keep(match_chars(text, piece, [](uint16_t classes) { return (classes & kNumber) != 0; }), behavior_, words);
  }

 private:
  Delimiter behavior_;
};

class Split final : public PreTokenizer {
 public:
  Split(std::string delimiter, Delimiter behavior, bool invert)
      : delimiter_(std::move(delimiter)), behavior_(behavior), invert_(invert) {}
  void split(std::string_view text, Span piece, std::vector<Span>& words) const override {
    std::vector<Match> matches;
    const std::string_view whole = text.substr(0, static_cast<size_t>(piece.end));
    auto last = static_cast<size_t>(piece.begin);
    const auto add = [&](size_t begin, size_t end, bool is_delimiter) {
      if (begin < end) matches.push_back({{static_cast<int32_t>(begin), static_cast<int32_t>(end)}, is_delimiter != invert_});
    };
    for (size_t found; (found = whole.find(delimiter_, last)) != std::string_view::npos;) {
      add(last, found, false);
      add(found, last = found + delimiter_.size(), true);
    }
    add(last, whole.size(), false);
    keep(matches, behavior_, words);
  }

 private:
  std::string delimiter_;
  Delimiter behavior_;
  bool invert_;
};

class PatternSplit final : public PreTokenizer {
 public:
  PatternSplit(TextPattern pattern, Delimiter behavior, bool invert) : pattern_(pattern), behavior_(behavior), invert_(invert) {}
  void split(std::string_view text, Span piece, std::vector<Span>& words) const override {
    std::vector<Match> matches;
    const auto begin = static_cast<size_t>(piece.begin);
    const std::string_view part = text.substr(begin, static_cast<size_t>(piece.end) - begin);
    size_t last = 0;
    const auto add = [&](size_t first, size_t end, bool is_delimiter) {
      if (first == end) return;
      matches.push_back({{piece.begin + static_cast<int32_t>(first), piece.begin + static_cast<int32_t>(end)}, is_delimiter});
    };
    for (size_t at = 0; at < part.size();) {
      const size_t end = pattern_(part, at);
      if (end == at) {
        next_char(part, at);
        continue;
      }
      add(last, at, invert_);
      add(at, end, !invert_);
      last = at = end;
    }
    add(last, part.size(), invert_);
    keep(matches, behavior_, words);
  }

 private:
  TextPattern pattern_;
  Delimiter behavior_;
  bool invert_;
};

class PreTokenizerSequence final : public PreTokenizer {
 public:
  explicit PreTokenizerSequence(std::vector<std::unique_ptr<PreTokenizer>> steps) : steps_(std::move(steps)) {}
  void split(std::string_view text, Span piece, std::vector<Span>& words) const override {
    std::vector<Span> now = {piece}, next;
    for (const auto& step : steps_) {
      next.clear();
      for (const Span& word : now) step->split(text, word, next);
      now.swap(next);
    }
    words.insert(words.end(), now.begin(), now.end());
  }

 private:
  std::vector<std::unique_ptr<PreTokenizer>> steps_;
};

}  // namespace

std::unique_ptr<PreTokenizer> make_bert_pre_tokenizer() { return std::make_unique<BertPreTokenizer>(); }
std::unique_ptr<PreTokenizer> make_whitespace_split() { return std::make_unique<WhitespaceSplit>(); }
std::unique_ptr<PreTokenizer> make_whitespace() { return std::make_unique<Whitespace>(); }
std::unique_ptr<PreTokenizer> make_punctuation(Delimiter behavior) { return std::make_unique<Punctuation>(behavior); }
std::unique_ptr<PreTokenizer> make_digits(bool individual) { return std::make_unique<Digits>(individual); }
std::unique_ptr<PreTokenizer> make_split(std::string delimiter, Delimiter behavior, bool invert) {
  return std::make_unique<Split>(std::move(delimiter), behavior, invert);
}
std::unique_ptr<PreTokenizer> make_pattern_split(TextPattern pattern, Delimiter behavior, bool invert) {
  return std::make_unique<PatternSplit>(pattern, behavior, invert);
}
std::unique_ptr<PreTokenizer> make_pre_tokenizer_sequence(std::vector<std::unique_ptr<PreTokenizer>> steps) {
  return std::make_unique<PreTokenizerSequence>(std::move(steps));
}

}  // namespace espalier
