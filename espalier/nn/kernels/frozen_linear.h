// Products with a frozen weight: nothing is kept for backward, and the weight is read in the fastest form of the device.
#pragma once

#include <ATen/core/Tensor.h>

#include "espalier/nn/parameter.h"

namespace espalier::kernels {

/// Whether the packed forms serve this product: CPU, float32, oneDNN present.
bool can_pack(const Tensor& x, const Parameter& weight);
/// x Wᵀ + b (b may be null). x [N, in] float32, weight frozen and unedited; differentiable once in x.
Tensor frozen_linear(const Tensor& x, const Parameter& weight, const Parameter* bias, Precision precision);

}  // namespace espalier::kernels
