// Words of captions as pycocoevalcap's tokenizer gives them: Stanford's PTBTokenizer, lower case, punctuation removed.
#pragma once

#include <string_view>

#include "espalier/metrics/python_text.h"

namespace espalier {

/// Equal to pycocoevalcap on nearly all English text; docs/metrics.md says on what it was measured and what differs.
Tokens ptb_tokens(std::string_view text);

}  // namespace espalier
