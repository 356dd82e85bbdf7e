// What must hold of any tokenizer that could be read, for any text.
#pragma once

#include <string_view>

#include "espalier/text/tokenizer.h"

namespace espalier::fuzz {

void check_tokenizer(const Tokenizer& tokenizer, std::string_view text);

}  // namespace espalier::fuzz
