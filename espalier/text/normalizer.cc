#include "espalier/text/normalizer.h"

#include <algorithm>

#include "espalier/text/unicode.h"
#include "espalier/text/unicode_form.h"

namespace espalier {
namespace {

void lower_ascii_in_place(std::string& text) {
  for (char& c : text) c = static_cast<char>(lower(static_cast<unsigned char>(c)));
}

class Lowercase final : public Normalizer {
 public:
  void apply(AlignedText& text) const override {
    const bool grows = std::find(text.chars.begin(), text.chars.end(), kCapitalIDot) != text.chars.end();
    for (char32_t& c : text.chars) c = lower(c);
    if (!grows) return;
    std::vector<Change> changes;
    for (const char32_t c : text.chars) {
      changes.push_back({c == kCapitalIDot ? U'i' : c, 0});
      if (c == kCapitalIDot) changes.push_back({U'\u0307', 1});
    }
    text.apply(changes);
  }
  bool apply_ascii(std::string& text) const override { return lower_ascii_in_place(text), true; }
};

class UnicodeForm final : public Normalizer {
 public:
  UnicodeForm(bool compatibility, bool composed) : compatibility_(compatibility), composed_(composed) {}
  void apply(AlignedText& text) const override { composed_ ? recompose(text, compatibility_) : decompose(text, compatibility_); }
  bool apply_ascii(std::string&) const override { return true; }

 private:
  bool compatibility_, composed_;
};

class StripAccents final : public Normalizer {
 public:
  void apply(AlignedText& text) const override {
    text.filter([](char32_t c) { return (char_classes(c) & kMark) == 0; });
  }
  bool apply_ascii(std::string&) const override { return true; }
};

class Strip final : public Normalizer {
 public:
  Strip(bool left, bool right) : left_(left), right_(right) {}
  void apply(AlignedText& text) const override {
    const auto is_text = [](char32_t c) { return (char_classes(c) & kSpace) == 0; };
    const auto first = left_ ? std::find_if(text.chars.begin(), text.chars.end(), is_text) : text.chars.begin();
    auto last = text.chars.end();
    while (right_ && last > first && !is_text(*(last - 1))) --last;
    const auto begin = first - text.chars.begin(), end = last - text.chars.begin();
    text.chars = {text.chars.begin() + begin, text.chars.begin() + end};
    text.spans = {text.spans.begin() + begin, text.spans.begin() + end};
  }

 private:
  bool left_, right_;
};

// What is put in stands for the last character that it replaced.
class Replace final : public Normalizer {
 public:
  Replace(std::string pattern, std::string content)
      : pattern_text_(std::move(pattern)), pattern_(code_points(pattern_text_)), content_(code_points(content)) {}
  void apply(AlignedText& text) const override {
    AlignedText out("");
    for (auto at = text.chars.begin();;) {
      const auto found = std::search(at, text.chars.end(), pattern_.begin(), pattern_.end());
      copy(text, at - text.chars.begin(), found - text.chars.begin(), out);
      if (found == text.chars.end()) break;
      at = found + static_cast<std::ptrdiff_t>(pattern_.size());
      out.chars.insert(out.chars.end(), content_.begin(), content_.end());
      out.spans.resize(out.chars.size(), text.spans[static_cast<size_t>(at - text.chars.begin()) - 1]);
    }
    text = std::move(out);
  }
  bool apply_ascii(std::string& text) const override { return text.find(pattern_text_) == std::string::npos; }

 private:
  static void copy(const AlignedText& from, std::ptrdiff_t begin, std::ptrdiff_t end, AlignedText& to) {
    to.chars.insert(to.chars.end(), from.chars.begin() + begin, from.chars.begin() + end);
    to.spans.insert(to.spans.end(), from.spans.begin() + begin, from.spans.begin() + end);
  }
  std::string pattern_text_;
  std::vector<char32_t> pattern_, content_;
};

// As Replace.
class PatternReplace final : public Normalizer {
 public:
  PatternReplace(TextPattern pattern, std::string content)
      : pattern_(pattern), content_text_(std::move(content)), content_(code_points(content_text_)) {}
  void apply(AlignedText& text) const override {
    const std::string whole = to_utf8(text).text;
    AlignedText out("");
    size_t char_at = 0;  // the character at byte `at`
    for (size_t at = 0; at < whole.size();) {
      const size_t end = pattern_(whole, at);
      if (end == at) {
        next_char(whole, at);
        out.chars.push_back(text.chars[char_at]);
        out.spans.push_back(text.spans[char_at++]);
        continue;
      }
      while (at < end) next_char(whole, at), ++char_at;
      out.chars.insert(out.chars.end(), content_.begin(), content_.end());
      out.spans.resize(out.chars.size(), text.spans[char_at - 1]);
    }
    text = std::move(out);
  }
  bool apply_ascii(std::string& text) const override {
    for (size_t at = 0; at < text.size(); ++at) {
      const size_t end = pattern_(text, at);
      if (end > at + 1 || (end > at && content_text_.size() != 1)) return false;
      if (end > at) text[at] = content_text_[0];
    }
    return true;
  }

 private:
  TextPattern pattern_;
  std::string content_text_;
  std::vector<char32_t> content_;
};

class Prepend final : public Normalizer {
 public:
  explicit Prepend(std::string text) : front_(code_points(text)) {}
  void apply(AlignedText& text) const override {
    if (text.size() == 0) return;
    text.spans.insert(text.spans.begin(), front_.size(), Span(text.spans.front()));
    text.chars.insert(text.chars.begin(), front_.begin(), front_.end());
  }

 private:
  std::vector<char32_t> front_;
};

class NormalizerSequence final : public Normalizer {
 public:
  explicit NormalizerSequence(std::vector<std::unique_ptr<Normalizer>> steps) : steps_(std::move(steps)) {}
  void apply(AlignedText& text) const override {
    for (const auto& step : steps_) step->apply(text);
  }
  bool apply_ascii(std::string& text) const override {
    return std::all_of(steps_.begin(), steps_.end(), [&](const auto& step) { return step->apply_ascii(text); });
  }

 private:
  std::vector<std::unique_ptr<Normalizer>> steps_;
};

}  // namespace

std::unique_ptr<Normalizer> make_lowercase() { return std::make_unique<Lowercase>(); }
std::unique_ptr<Normalizer> make_unicode_form(bool compatibility, bool composed) {
  return std::make_unique<UnicodeForm>(compatibility, composed);
}
std::unique_ptr<Normalizer> make_strip_accents() { return std::make_unique<StripAccents>(); }
std::unique_ptr<Normalizer> make_strip(bool left, bool right) { return std::make_unique<Strip>(left, right); }
std::unique_ptr<Normalizer> make_replace(std::string pattern, std::string content) {
  return std::make_unique<Replace>(std::move(pattern), std::move(content));
}
std::unique_ptr<Normalizer> make_pattern_replace(TextPattern pattern, std::string content) {
  return std::make_unique<PatternReplace>(pattern, std::move(content));
}
std::unique_ptr<Normalizer> make_prepend(std::string text) { return std::make_unique<Prepend>(std::move(text)); }
std::unique_ptr<Normalizer> make_normalizer_sequence(std::vector<std::unique_ptr<Normalizer>> steps) {
  return std::make_unique<NormalizerSequence>(std::move(steps));
}

NormalText normalize(const Normalizer* normalizer, std::string_view text, int32_t shift) {
  NormalText normal;
  normal.text = text;
  normal.shift = shift;
  if (normalizer == nullptr || (is_ascii(text) && normalizer->apply_ascii(normal.text))) return normal;
  AlignedText aligned(text, shift);
  normalizer->apply(aligned);
  return to_utf8(aligned);
}

}  // namespace espalier
