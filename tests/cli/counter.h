// A GPT-2 that counts: behind each piece it writes the next of the vocabulary.
#pragma once

#include "espalier/base/files.h"

namespace espalier::test {

/// A folder as transformers writes it, of 21 pieces and 16 places; piece 19 is the end.
void write_counter(const fs::path& folder);

}  // namespace espalier::test
