// GELU in one pass forwards and one backwards; only its input is kept.
#pragma once

#include <ATen/core/Tensor.h>

namespace espalier::kernels {

/// x Φ(x), or its tanh approximation. x float32 on a CPU; differentiable once.
at::Tensor gelu(const at::Tensor& x, bool by_tanh);

}  // namespace espalier::kernels
