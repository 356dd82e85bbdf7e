// What the reference library made of hard texts, as digests: written by tools/oracle/tokenizer_digests.py.
#pragma once

#include <string>
#include <vector>

namespace espalier {

/// Every line of tests/oracle/FOLDER/lines.jsonl with every tokenizer of the folder, which are `names`: ids, offsets, words and
/// decoded text.
void expect_digests(const std::string& folder, const std::vector<std::string>& names);

}  // namespace espalier
