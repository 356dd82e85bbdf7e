// Whether the vector kernels of kernels/vector.h serve a tensor. They have no second derivative, which `composed` passes may ask
// for.
#pragma once

#include "espalier/nn/pass.h"
#include "espalier/nn/tensor.h"

namespace espalier::op {

inline bool fused(const Tensor& x, const Pass& pass) { return !pass.composed && x.is_cpu() && x.scalar_type() == at::kFloat; }

}  // namespace espalier::op
