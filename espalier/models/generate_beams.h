// Beam search: the texts of highest log-probability by length that a search of given width finds.
#pragma once

#include "espalier/models/generate.h"

namespace espalier {

/// The finished beams of one prompt, best first, as transformers' generate finds them. `limit`: the longest text, prompt
/// included.
std::vector<Generated> beam_search(Model& model, const Ids& prompt, int64_t limit, const GenerateOptions& options);

}  // namespace espalier
