// Decoders: from tokens back to text.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace espalier {

class Decoder {
 public:
  virtual ~Decoder() = default;
  virtual std::string decode(const std::vector<std::string>& tokens) const = 0;
};

/// Tokens that begin with the prefix join the one before; `cleanup` removes spaces before punctuation and in contractions.
std::unique_ptr<Decoder> make_wordpiece_decoder(std::string prefix, bool cleanup);
/// The bytes that the tokens' characters stand for, repaired where they are not UTF-8; a token with another character stands for
/// its own bytes. Where the model marks the ends of words (CLIP), they become spaces, and spaces at both ends are left out.
std::unique_ptr<Decoder> make_byte_level_decoder(std::string end_of_word_suffix = "");
/// The suffix becomes a space, but at the end of the last token nothing.
std::unique_ptr<Decoder> make_bpe_decoder(std::string suffix);
std::unique_ptr<Decoder> make_space_decoder();  ///< one space between tokens

}  // namespace espalier
