// What tokenizer.json files of learned vocabularies have in common.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "espalier/base/files.h"

namespace espalier {

/// {"token": id, …} in the order of the ids.
nlohmann::ordered_json vocabulary_json(const std::vector<std::string>& tokens);
/// The "added_tokens" of those of `tokens` that are special; `lstrip` takes the white space before it.
nlohmann::ordered_json special_token_list(const std::vector<std::string>& tokens, const std::vector<std::string>& special,
                                          const std::string& lstrip = "");
/// A file without its parts.
nlohmann::ordered_json tokenizer_json_frame(nlohmann::ordered_json added_tokens);
/// A "TemplateProcessing" of special tokens with their ids. Items are "A", "B" or a special token, with ":1" in segment 1.
nlohmann::ordered_json template_json(const std::vector<std::pair<std::string, int32_t>>& special,
                                     const std::vector<std::string>& single, const std::vector<std::string>& pair);
/// tokenizer.json, tokenizer_config.json with model_max_length (0 = not said), and `old` files by name.
void write_tokenizer_folder(const fs::path& folder, const nlohmann::ordered_json& file, nlohmann::ordered_json settings,
                            int64_t max_length, const std::map<std::string, std::string>& old);

}  // namespace espalier
