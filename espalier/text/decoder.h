// Decoders: from tokens back to text.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace espalier {

class Decoder {
 public:
  virtual ~Decoder() = default;
  /// The tokens changed, some of them joined: one step of decoding.
  virtual std::vector<std::string> apply(std::vector<std::string> tokens) const = 0;
  /// The text that the changed tokens make one after the other.
  std::string decode(std::vector<std::string> tokens) const;
};

/// Tokens that begin with the prefix join the one before; `cleanup` removes spaces before punctuation and in contractions.
std::unique_ptr<Decoder> make_wordpiece_decoder(std::string prefix, bool cleanup);
/// The bytes that the tokens' characters stand for, repaired where they are not UTF-8; a token with another character stands for
/// its own bytes. Where the model marks the ends of words (CLIP), they become spaces, and spaces at both ends are left out.
std::unique_ptr<Decoder> make_byte_level_decoder(std::string end_of_word_suffix = "");
/// The suffix becomes a space, but at the end of the last token nothing.
std::unique_ptr<Decoder> make_bpe_decoder(std::string suffix);
/// Marks become spaces; with `put`, those of the first token nothing.
std::unique_ptr<Decoder> make_metaspace_decoder(std::string mark, bool put);
/// Neighbouring tokens such as <0xE4> become the text that their bytes make, or a U+FFFD each.
std::unique_ptr<Decoder> make_byte_fallback_decoder();
std::unique_ptr<Decoder> make_replace_decoder(std::string text, std::string content);
/// Of each token up to `start` characters `content` at its front, and up to `stop` at its end, are left out.
std::unique_ptr<Decoder> make_strip_decoder(std::string content, int64_t start, int64_t stop);
std::unique_ptr<Decoder> make_fuse_decoder();   ///< all tokens are one
std::unique_ptr<Decoder> make_space_decoder();  ///< one space between tokens
std::unique_ptr<Decoder> make_decoder_sequence(std::vector<std::unique_ptr<Decoder>> steps);

}  // namespace espalier
