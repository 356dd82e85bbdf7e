#include "espalier/text/decoder.h"

#include <array>
#include <string_view>
#include <utility>

#include "espalier/base/text.h"
#include "espalier/text/byte_level.h"
#include "espalier/text/unicode.h"

namespace espalier {
namespace {

// In this order, each token on its own, as the `tokenizers` library does.
constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kTidy = {{{" .", "."},
                                                                                  {" ?", "?"},
                                                                                  {" !", "!"},
                                                                                  {" ,", ","},
                                                                                  {" ' ", "'"},
                                                                                  {" n't", "n't"},
                                                                                  {" 'm", "'m"},
                                                                                  {" do not", " don't"},
                                                                                  {" 's", "'s"},
                                                                                  {" 've", "'ve"},
                                                                                  {" 're", "'re"}}};

class WordPieceDecoder final : public Decoder {
 public:
  WordPieceDecoder(std::string prefix, bool cleanup) : prefix_(std::move(prefix)), cleanup_(cleanup) {}
  std::string decode(const std::vector<std::string>& tokens) const override {
    std::string text;
    for (size_t i = 0; i < tokens.size(); ++i) {
      std::string part = tokens[i];
      if (i > 0) part = part.starts_with(prefix_) ? part.substr(prefix_.size()) : " " + part;
      if (cleanup_) {
        for (const auto& [from, to] : kTidy) part = replace_all(std::move(part), from, to);
      }
      text += part;
    }
    return text;
  }

 private:
  std::string prefix_;
  bool cleanup_;
};

class ByteLevelDecoder final : public Decoder {
 public:
  explicit ByteLevelDecoder(std::string suffix) : suffix_(std::move(suffix)) {}
  std::string decode(const std::vector<std::string>& tokens) const override {
    std::string bytes;
    for (const std::string& token : tokens) append(token, bytes);
    std::string text = repair_utf8(bytes);
    if (suffix_.empty()) return text;
    return std::string(trim(replace_all(std::move(text), suffix_, " ")));
  }

 private:
  static void append(const std::string& token, std::string& bytes) {
    const size_t before = bytes.size();
    for (size_t at = 0; at < token.size();) {
      const auto byte = byte_of_char(next_char(token, at));
      if (!byte) {
        bytes.resize(before);
        bytes += token;
        return;
      }
      bytes.push_back(static_cast<char>(*byte));
    }
  }
  std::string suffix_;
};

class BpeDecoder final : public Decoder {
 public:
  explicit BpeDecoder(std::string suffix) : suffix_(std::move(suffix)) {}
  std::string decode(const std::vector<std::string>& tokens) const override {
    std::string text;
    for (size_t i = 0; i < tokens.size(); ++i) text += replace_all(tokens[i], suffix_, i + 1 < tokens.size() ? " " : "");
    return text;
  }

 private:
  std::string suffix_;
};

class SpaceDecoder final : public Decoder {
 public:
  std::string decode(const std::vector<std::string>& tokens) const override { return join(tokens, " "); }
};

}  // namespace

std::unique_ptr<Decoder> make_wordpiece_decoder(std::string prefix, bool cleanup) {
  return std::make_unique<WordPieceDecoder>(std::move(prefix), cleanup);
}
std::unique_ptr<Decoder> make_byte_level_decoder(std::string end_of_word_suffix) {
  return std::make_unique<ByteLevelDecoder>(std::move(end_of_word_suffix));
}
std::unique_ptr<Decoder> make_bpe_decoder(std::string suffix) { return std::make_unique<BpeDecoder>(std::move(suffix)); }
std::unique_ptr<Decoder> make_space_decoder() { return std::make_unique<SpaceDecoder>(); }

}  // namespace espalier
