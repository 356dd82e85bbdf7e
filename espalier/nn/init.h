// Initial values: each tensor's numbers come from the run's seed and the tensor's path alone.
#pragma once

#include <cstdint>

#include "espalier/nn/parameter.h"

namespace espalier::init {

/// Each makes a new leaf of dtype `type` and marks nothing else. Values are drawn in double and rounded once.
void constant(Parameter& parameter, double value, at::ScalarType type);
void normal(Parameter& parameter, double deviation, uint64_t seed, at::ScalarType type);
void uniform(Parameter& parameter, double bound, uint64_t seed, at::ScalarType type);
/// U(-1/√in, 1/√in) for [out, in]: Kaiming-uniform with a = √5, as torch's Linear and LoRA's A.
void kaiming_uniform(Parameter& parameter, uint64_t seed, at::ScalarType type);

}  // namespace espalier::init
