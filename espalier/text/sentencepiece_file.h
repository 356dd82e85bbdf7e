// spiece.model, SentencePiece's file: a protocol buffer of which only what tokenising needs is read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace espalier {

struct SentencePiece {
  enum Type : uint8_t { normal = 1, unknown, control, user_defined, unused, byte };
  std::string text;
  float score = 0;
  int32_t type = normal;
};

/// The fields of ModelProto, its TrainerSpec and its NormalizerSpec (sentencepiece_model.proto), with their defaults.
struct SentencePieceFile {
  std::vector<SentencePiece> pieces;
  int32_t model_type = 1;  ///< 1 unigram, 2 BPE, 3 words, 4 characters
  int32_t unk_id = 0, bos_id = 1, eos_id = 2, pad_id = -1;
  bool byte_fallback = false, treat_whitespace_as_suffix = false;
  std::string precompiled_charsmap;
  bool add_dummy_prefix = true, remove_extra_whitespaces = true, escape_whitespaces = true;
};

/// Bytes that are no protocol buffer, a piece that is not UTF-8, and a file without pieces are data Errors at `place`.
SentencePieceFile read_sentencepiece(std::string_view bytes, const std::string& place);

}  // namespace espalier
