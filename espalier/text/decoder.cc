#include "espalier/text/decoder.h"

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "espalier/base/text.h"
#include "espalier/text/byte_level.h"
#include "espalier/text/unicode.h"

namespace espalier {
namespace {

using Tokens = std::vector<std::string>;

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
  Tokens apply(Tokens tokens) const override {
    for (size_t i = 0; i < tokens.size(); ++i) {
      std::string& part = tokens[i];
      if (i > 0) part = part.starts_with(prefix_) ? part.substr(prefix_.size()) : " " + part;
      if (cleanup_) {
        for (const auto& [from, to] : kTidy) part = replace_all(std::move(part), from, to);
      }
    }
    return tokens;
  }

 private:
  std::string prefix_;
  bool cleanup_;
};

class ByteLevelDecoder final : public Decoder {
 public:
  explicit ByteLevelDecoder(std::string suffix) : suffix_(std::move(suffix)) {}
  Tokens apply(Tokens tokens) const override {
    std::string bytes;
    for (const std::string& token : tokens) append(token, bytes);
    std::string text = repair_utf8(bytes);
    if (suffix_.empty()) return {std::move(text)};
    return {std::string(trim(replace_all(std::move(text), suffix_, " ")))};
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
  Tokens apply(Tokens tokens) const override {
    for (size_t i = 0; i < tokens.size(); ++i) {
      tokens[i] = replace_all(std::move(tokens[i]), suffix_, i + 1 < tokens.size() ? " " : "");
    }
    return tokens;
  }

 private:
  std::string suffix_;
};

class MetaspaceDecoder final : public Decoder {
 public:
  MetaspaceDecoder(std::string mark, bool put) : mark_(std::move(mark)), put_(put) {}
  Tokens apply(Tokens tokens) const override {
    for (size_t i = 0; i < tokens.size(); ++i) tokens[i] = replace_all(std::move(tokens[i]), mark_, i == 0 && put_ ? "" : " ");
    return tokens;
  }

 private:
  std::string mark_;
  bool put_;
};

class ByteFallbackDecoder final : public Decoder {
 public:
  Tokens apply(Tokens tokens) const override {
    Tokens out;
    std::string bytes;
    const auto flush = [&] {
      if (valid_utf8(bytes)) {
        if (!bytes.empty()) out.push_back(bytes);
      } else {
        out.insert(out.end(), bytes.size(), "\uFFFD");
      }
      bytes.clear();
    };
    for (std::string& token : tokens) {
      if (const auto byte = byte_of(token); byte) {
        bytes.push_back(*byte);
      } else {
        flush();
        out.push_back(std::move(token));
      }
    }
    flush();
    return out;
  }

 private:
  static std::optional<char> byte_of(std::string_view token) {
    if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return std::nullopt;
    const auto digit = [&](size_t i) {
      return std::string_view("0123456789abcdef").find(static_cast<char>(lower(static_cast<unsigned char>(token[i]))));
    };
    const size_t high = digit(3), low = digit(4);
    // Rust reads "+5" as a number too.
    if (token[3] == '+' && low < 16) return static_cast<char>(low);
    return high < 16 && low < 16 ? std::optional(static_cast<char>(16 * high + low)) : std::nullopt;
  }
};

class ReplaceDecoder final : public Decoder {
 public:
  ReplaceDecoder(std::string text, std::string content) : text_(std::move(text)), content_(std::move(content)) {}
  Tokens apply(Tokens tokens) const override {
    for (std::string& token : tokens) token = replace_all(std::move(token), text_, content_);
    return tokens;
  }

 private:
  std::string text_, content_;
};

class StripDecoder final : public Decoder {
 public:
  StripDecoder(std::string content, int64_t start, int64_t stop) : content_(std::move(content)), start_(start), stop_(stop) {}
  Tokens apply(Tokens tokens) const override {
    for (std::string& token : tokens) {
      for (int64_t i = 0; i < start_ && token.starts_with(content_); ++i) token.erase(0, content_.size());
      for (int64_t i = 0; i < stop_ && token.ends_with(content_); ++i) token.resize(token.size() - content_.size());
    }
    return tokens;
  }

 private:
  std::string content_;
  int64_t start_, stop_;
};

class FuseDecoder final : public Decoder {
 public:
  Tokens apply(Tokens tokens) const override { return {join(tokens, "")}; }
};

class SpaceDecoder final : public Decoder {
 public:
  Tokens apply(Tokens tokens) const override { return {join(tokens, " ")}; }
};

class DecoderSequence final : public Decoder {
 public:
  explicit DecoderSequence(std::vector<std::unique_ptr<Decoder>> steps) : steps_(std::move(steps)) {}
  Tokens apply(Tokens tokens) const override {
    for (const auto& step : steps_) tokens = step->apply(std::move(tokens));
    return tokens;
  }

 private:
  std::vector<std::unique_ptr<Decoder>> steps_;
};

}  // namespace

std::string Decoder::decode(std::vector<std::string> tokens) const { return join(apply(std::move(tokens)), ""); }

std::unique_ptr<Decoder> make_wordpiece_decoder(std::string prefix, bool cleanup) {
  return std::make_unique<WordPieceDecoder>(std::move(prefix), cleanup);
}
std::unique_ptr<Decoder> make_byte_level_decoder(std::string end_of_word_suffix) {
  return std::make_unique<ByteLevelDecoder>(std::move(end_of_word_suffix));
}
std::unique_ptr<Decoder> make_bpe_decoder(std::string suffix) { return std::make_unique<BpeDecoder>(std::move(suffix)); }
std::unique_ptr<Decoder> make_metaspace_decoder(std::string mark, bool put) {
  return std::make_unique<MetaspaceDecoder>(std::move(mark), put);
}
std::unique_ptr<Decoder> make_byte_fallback_decoder() { return std::make_unique<ByteFallbackDecoder>(); }
std::unique_ptr<Decoder> make_replace_decoder(std::string text, std::string content) {
  return std::make_unique<ReplaceDecoder>(std::move(text), std::move(content));
}
std::unique_ptr<Decoder> make_strip_decoder(std::string content, int64_t start, int64_t stop) {
  return std::make_unique<StripDecoder>(std::move(content), start, stop);
}
std::unique_ptr<Decoder> make_fuse_decoder() { return std::make_unique<FuseDecoder>(); }
std::unique_ptr<Decoder> make_space_decoder() { return std::make_unique<SpaceDecoder>(); }
std::unique_ptr<Decoder> make_decoder_sequence(std::vector<std::unique_ptr<Decoder>> steps) {
  return std::make_unique<DecoderSequence>(std::move(steps));
}

}  // namespace espalier
