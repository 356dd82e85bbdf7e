// BERT's normaliser, in the `tokenizers` library's order: clean, space out Chinese, NFD and drop marks, lower case.
#include <algorithm>
#include <array>

#include "espalier/text/normalizer.h"
#include "espalier/text/unicode.h"
#include "espalier/text/unicode_form.h"

namespace espalier {
namespace {

// The library's ranges, 2B920 included: BERT's own code has 2B820 there, so U+2B820..2B91F differ from Google's.
bool is_chinese(char32_t c) {
  return c >= 0x3400 && ((c <= 0x4DBF) || (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) ||
                         (c >= 0x20000 && c <= 0x2A6DF) || (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) ||
                         (c >= 0x2B920 && c <= 0x2CEAF) || (c >= 0x2F800 && c <= 0x2FA1F));
}

class BertNormalizer final : public Normalizer {
 public:
  explicit BertNormalizer(const BertNormalizerOptions& options) : options_(options) {
    for (unsigned char c = 0; c < 128; ++c) {
      ascii_[c] = options.clean_text ? cleaned(c) : c;
      if (options.lowercase) ascii_[c] = static_cast<unsigned char>(lower(ascii_[c]));
      ascii_dropped_[c] = options.clean_text && is_dropped(c);
    }
  }

  bool apply_ascii(std::string& text) const override {
    bool dropped = false;
    for (char& c : text) {
      const auto byte = static_cast<unsigned char>(c);
      dropped |= ascii_dropped_[byte];
      c = static_cast<char>(ascii_[byte]);
    }
    return !dropped;
  }

  void apply(AlignedText& text) const override {
    if (options_.clean_text) clean(text);
    if (options_.handle_chinese_chars) space_out_chinese(text);
    if (options_.strip_accents) {
      decompose(text, false);
      text.filter([](char32_t c) { return (char_classes(c) & kNonspacing) == 0; });
    }
    if (options_.lowercase) lowercase_->apply(text);
  }

 private:
  static bool is_dropped(char32_t c) { return (char_classes(c) & kControl) != 0; }
  static unsigned char cleaned(unsigned char c) { return (char_classes(c) & kSpace) != 0 ? ' ' : c; }

  static void clean(AlignedText& text) {
    text.filter([](char32_t c) { return !is_dropped(c); });
    for (char32_t& c : text.chars) {
      if ((char_classes(c) & kSpace) != 0) c = U' ';
    }
  }

  static void space_out_chinese(AlignedText& text) {
    if (std::none_of(text.chars.begin(), text.chars.end(), is_chinese)) return;
    std::vector<Change> changes;
    changes.reserve(text.size() * 3);
    for (const char32_t c : text.chars) {
      if (is_chinese(c)) {
        changes.insert(changes.end(), {{U' ', 0}, {c, 1}, {U' ', 1}});
      } else {
        changes.push_back({c, 0});
      }
    }
    text.apply(changes);
  }

  BertNormalizerOptions options_;
  std::unique_ptr<Normalizer> lowercase_ = make_lowercase();
  std::array<unsigned char, 256> ascii_{};
  std::array<bool, 256> ascii_dropped_{};
};

}  // namespace

std::unique_ptr<Normalizer> make_bert_normalizer(const BertNormalizerOptions& options) {
  return std::make_unique<BertNormalizer>(options);
}

}  // namespace espalier
