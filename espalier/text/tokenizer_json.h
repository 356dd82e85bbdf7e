// tokenizer.json, the `tokenizers` library's file, into a Pipeline. Its `padding` and `truncation` sections are ignored.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "espalier/text/pipeline.h"

namespace espalier {

std::unique_ptr<Pipeline> read_tokenizer_json(const nlohmann::json& file, const std::string& place);

// One section each; a type that is not built is an Error that lists those that are.
std::unique_ptr<Normalizer> read_normalizer(const nlohmann::json& section, const std::string& place);
std::unique_ptr<PreTokenizer> read_pre_tokenizer(const nlohmann::json& section, const std::string& place);
/// ByteLevel, or Metaspace, which changes the text for the model, taken out of a pre_tokenizer: null is left of it where it
/// stands alone.
void take_last_step(nlohmann::json& section, const std::string& place, Pipeline& pipeline);
std::unique_ptr<TokenModel> read_token_model(const nlohmann::json& section, const std::string& place);
PostProcessor read_post_processor(const nlohmann::json& section, const std::string& place);
Metaspace read_metaspace(const nlohmann::json& section, const std::string& place);
std::unique_ptr<Decoder> read_decoder(const nlohmann::json& section, const std::string& place);
std::vector<AddedToken> read_added_tokens(const nlohmann::json& section, const TokenModel& model, const std::string& place);
/// content, single_word, lstrip, rstrip, normalized, special of one token; the id is left 0.
AddedToken read_added_token(const nlohmann::json& token, const std::string& place);

}  // namespace espalier
