// Pooling: from the rows of each example to one row.
#pragma once

#include <string>

#include "espalier/nn/pass.h"

namespace espalier {

/// automatic: a sentence encoder's own (1_Pooling/config.json) if there is one, else the family's head.
enum class Pooling : uint8_t { automatic, pooler, first, mean, max, last };
const char* pooling_name(Pooling pooling);
/// "auto", "pooler", "first", "mean", "max", "last"; throws a usage Error naming the nearest.
Pooling pooling_from(const std::string& name);

/// hidden [N, D] -> [B, D] by the frame of `pass`, prompts skipped. [B, D] holds the first rows already. `pooler` means first
/// here; the dense layer is the model's.
Tensor pool(const Tensor& hidden, Pooling pooling, const Pass& pass);

}  // namespace espalier
