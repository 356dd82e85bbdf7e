// A vocabulary as files give it: tokens with their ids.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "espalier/base/error.h"

namespace espalier {

using Vocabulary = std::vector<std::pair<std::string, int32_t>>;

/// By token; notes ids out of range, two tokens with one id, and a token given twice.
std::unordered_map<std::string_view, int32_t> index_vocabulary(const Vocabulary& vocabulary, const std::string& place,
                                                               Problems& problems);

}  // namespace espalier
