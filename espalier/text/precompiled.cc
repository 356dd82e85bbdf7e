// SentencePiece's character map as a normaliser, as the `tokenizers` library applies it: a short grapheme cluster is replaced as
// soon as its beginning is in the map, so what stands behind that is lost; a longer one is replaced character by character.
#include <array>

#include "espalier/text/char_map.h"
#include "espalier/text/grapheme.h"
#include "espalier/text/normalizer.h"
#include "espalier/text/unicode.h"

namespace espalier {
namespace {

constexpr size_t kLongCluster = 6;  // bytes

class Precompiled final : public Normalizer {
 public:
  explicit Precompiled(CharMap map) : map_(std::move(map)) {
    for (unsigned char c = 0; c < ascii_.size(); ++c) {
      const char text = static_cast<char>(c);
      ascii_[c] = text;
      if (const auto found = map_.find({&text, 1}); found) {
        plain_[c] = false;
        ascii_[c] = found->size() == 1 && static_cast<unsigned char>((*found)[0]) < 0x80 ? (*found)[0] : '\0';
      }
    }
  }

  bool apply_ascii(std::string& text) const override {
    bool kept = true;
    char last = 0;
    for (char& c : text) {
      if (c == '\n' && last == '\r') return false;
      last = c;
      c = ascii_[static_cast<unsigned char>(c)];
      kept &= c != '\0';
    }
    return kept;
  }

  void apply(AlignedText& text) const override {
    const std::string whole = to_utf8(text).text;
    std::vector<Change> changes;
    changes.reserve(text.size());
    bool changed = false;
    for (size_t at = 0; at < whole.size();) {
      const auto byte = static_cast<unsigned char>(whole[at]);
      if (byte < 0x80 && plain_[byte] && (at + 1 == whole.size() || static_cast<unsigned char>(whole[at + 1]) < 0x80)) {
        changes.push_back({byte, 0});
        ++at;
        continue;
      }
      const size_t end = grapheme_end(whole, at);
      changed |= cluster(std::string_view(whole).substr(at, end - at), changes);
      at = end;
    }
    if (changed) text.apply(changes);
  }

 private:
  bool cluster(std::string_view text, std::vector<Change>& changes) const {
    if (text.size() < kLongCluster) {
      if (const auto found = map_.find(text); found) return replace(text, *found, changes), true;
    }
    bool changed = false;
    for (size_t at = 0; at < text.size();) {
      const size_t begin = at;
      const char32_t c = next_char(text, at);
      const std::string_view part = text.substr(begin, at - begin);
      if (const auto found = map_.find(part); found) {
        replace(part, *found, changes);
        changed = true;
      } else {
        changes.push_back({c, 0});
      }
    }
    return changed;
  }

  static void replace(std::string_view old, std::string_view text, std::vector<Change>& changes) {
    const auto taken = static_cast<int32_t>(code_points(old).size());
    const std::vector<char32_t> put = code_points(text);
    const auto size = static_cast<int32_t>(put.size());
    for (int32_t i = 0; i < size; ++i) changes.push_back({put[static_cast<size_t>(i)], i < taken ? 0 : 1});
    if (size < taken && !changes.empty()) changes.back().change -= taken - size;
  }

  CharMap map_;
  std::array<char, 128> ascii_{};  // what one character becomes; 0: something longer, or nothing
  std::array<bool, 128> plain_ = [] {
    std::array<bool, 128> all{};
    all.fill(true);
    all['\r'] = false;  // may begin a cluster of two
    return all;
  }();
};

}  // namespace

std::unique_ptr<Normalizer> make_precompiled(std::string_view map, const std::string& place) {
  return std::make_unique<Precompiled>(CharMap(map, place));
}

}  // namespace espalier
