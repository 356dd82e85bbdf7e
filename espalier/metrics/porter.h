// Porter's stemmer with NLTK's extensions, which rouge-score uses. Porter, "An algorithm for suffix stripping", Program 14
// (1980).
#pragma once

#include <string>
#include <string_view>

namespace espalier {

/// `word` in lower case: letters a-z and digits. "relational" -> "relat", "dying" -> "die".
std::string porter_stem(std::string_view word);

}  // namespace espalier
