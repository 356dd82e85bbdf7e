// Beam search: the texts of highest log-probability by length that a search of given width finds.
#pragma once

#include "espalier/models/generate.h"

namespace espalier {

/// The finished beams of one prompt (of an encoder–decoder: of what its texts begin with, `source` being what the encoder reads),
/// best first, as transformers' generate finds them. `limit`: the longest text, prompt included.
std::vector<Generated> beam_search(Model& model, const Ids& prompt, int64_t limit, const GenerateOptions& options,
                                   const Ids& source = {});

}  // namespace espalier
