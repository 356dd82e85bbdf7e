#include "espalier/text/decoder.h"

#include <array>
#include <string_view>
#include <utility>

#include "espalier/base/text.h"

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

class SpaceDecoder final : public Decoder {
 public:
  std::string decode(const std::vector<std::string>& tokens) const override { return join(tokens, " "); }
};

}  // namespace

std::unique_ptr<Decoder> make_wordpiece_decoder(std::string prefix, bool cleanup) {
  return std::make_unique<WordPieceDecoder>(std::move(prefix), cleanup);
}
std::unique_ptr<Decoder> make_space_decoder() { return std::make_unique<SpaceDecoder>(); }

}  // namespace espalier
