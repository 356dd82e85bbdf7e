// How often each run of 1 to N tokens occurs.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "espalier/metrics/python_text.h"

namespace espalier {

/// By the tokens joined with blanks, which no token holds.
using NgramCounts = std::unordered_map<std::string, int64_t>;

NgramCounts count_ngrams(const Tokens& tokens, size_t order);
/// Of order n at [n - 1], n = 1 .. `longest`.
std::vector<NgramCounts> count_ngrams_to(const Tokens& tokens, size_t longest);

}  // namespace espalier
