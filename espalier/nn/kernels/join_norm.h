// norm(stream + dropout(branch)) ⊙ w + b in one pass forwards and one backwards: what stands between two products of a block.
#pragma once

#include <ATen/core/Tensor.h>

#include "espalier/nn/kernels/vector.h"

namespace espalier::kernels {

/// branch, stream [N, D] (stream may be undefined), weight, bias [D]: float32 on a CPU. Differentiable once in all four. `sum`,
/// where given, receives what is normalised.
at::Tensor join_norm(const at::Tensor& branch, const at::Tensor& stream, const at::Tensor& weight, const at::Tensor& bias,
                     double epsilon, const Keep& keep, at::Tensor* sum = nullptr);

}  // namespace espalier::kernels
