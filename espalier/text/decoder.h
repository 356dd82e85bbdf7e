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
std::unique_ptr<Decoder> make_space_decoder();  ///< one space between tokens

}  // namespace espalier
