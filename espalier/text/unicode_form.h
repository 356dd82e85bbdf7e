// Unicode normalisation forms over aligned text.
#pragma once

#include "espalier/text/aligned_text.h"

namespace espalier {

void decompose(AlignedText& text, bool compatibility);  ///< NFD, NFKD
void recompose(AlignedText& text, bool compatibility);  ///< NFC, NFKC

}  // namespace espalier
