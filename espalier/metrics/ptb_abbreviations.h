// Words that Stanford's tokenizer leaves together with the period behind them.
#pragma once

#include <string_view>

namespace espalier {

bool ptb_abbreviation(std::string_view word);                ///< "Mr", "etc"; months and titles in any case
bool ptb_abbreviation_before_number(std::string_view word);  ///< "No", "fig"
/// Behind one letter with a period these begin a sentence, so the period is apart: "Plan B. It works".
bool begins_sentence(std::string_view word);

}  // namespace espalier
