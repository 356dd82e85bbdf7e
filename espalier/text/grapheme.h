// Grapheme clusters: what a reader takes for one character (UAX 29), with the classes of unicode.h.
#pragma once

#include <cstddef>
#include <string_view>

namespace espalier {

/// The end of the extended grapheme cluster that begins at text[at]. The text is valid UTF-8 and goes on there.
size_t grapheme_end(std::string_view text, size_t at);

}  // namespace espalier
