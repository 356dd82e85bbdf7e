// The parts of a tokeniser, and how a text passes through them.
#pragma once

#include <memory>
#include <string_view>

#include "espalier/text/added_tokens.h"
#include "espalier/text/byte_level.h"
#include "espalier/text/decoder.h"
#include "espalier/text/metaspace.h"
#include "espalier/text/piece_list.h"
#include "espalier/text/post_processor.h"
#include "espalier/text/pre_tokenizer.h"
#include "espalier/text/token_model.h"

namespace espalier {

struct Pipeline {
  std::unique_ptr<Normalizer> normalizer;       ///< may be null
  std::unique_ptr<PreTokenizer> pre_tokenizer;  ///< may be null
  std::optional<ByteLevel> byte_level;          ///< after the pre-tokeniser
  std::optional<Metaspace> metaspace;           ///< the same; not both
  std::unique_ptr<TokenModel> model;
  std::unique_ptr<AddedTokens> added;
  PostProcessor post_processor;
  std::unique_ptr<Decoder> decoder;

  /// Appends the pieces of a text, the words counted from 0, or all of them being `word`.
  void encode(std::string_view text, PieceList& pieces, int32_t word = -1) const;
};

}  // namespace espalier
