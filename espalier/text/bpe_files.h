// The old files of byte-pair encoding: vocab.json, tokens with their ids, and merges.txt, a pair a line.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "espalier/text/vocabulary.h"

namespace espalier {

/// {"token": id, …}.
Vocabulary read_vocabulary_json(const nlohmann::json& object, const std::string& place);
/// "left right"; a bad one is an Error that names its number.
std::pair<std::string, std::string> read_merge(std::string_view text, size_t number, const std::string& place);
/// A merge a line; lines that begin with #version are left out.
std::vector<std::pair<std::string, std::string>> read_merges_txt(std::string_view text, const std::string& place);

}  // namespace espalier
