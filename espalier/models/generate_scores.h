// What may be written next: scores of pieces changed by penalties, lengths and candidates, and narrowed for drawing.
#pragma once

#include "espalier/models/generate.h"

namespace espalier {

/// scores [S, V] float32 -> the same changed, in the order of transformers: repetition penalty, n-grams, shortest length,
/// candidates. `texts`: prompts with what was written so far; `prompts`: the lengths of the prompts. Rows of one prompt stand
/// together, `beams` of them.
Tensor constrained(const Tensor& scores, const std::vector<Ids>& texts, const std::vector<int64_t>& prompts, int64_t beams,
                   const GenerateOptions& options);
/// Temperature, then the k best, then the fewest that have top_p together: what is left out gets -inf. [S, V] -> [S, V].
Tensor narrowed(const Tensor& scores, const GenerateOptions& options);

}  // namespace espalier
