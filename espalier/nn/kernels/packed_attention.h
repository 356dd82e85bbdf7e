// softmax(q kᵀ / √dh) v over packed rows, each example by itself and all heads at once: nothing is split, padded or masked, and
// of the weights only each row's log-sum-exp is kept for backward.
#pragma once

#include <ATen/core/Tensor.h>

#include "espalier/nn/frame.h"
#include "espalier/nn/kernels/vector.h"

namespace espalier::kernels {

/// key, value [N, D], query [N, D] or, with one row for each example, [B, D]: float32 on a CPU -> as query; differentiable once.
/// causal: a row sees itself and those before it; with a query for each key.
/// keeps: one for each group of the frame, for dropout on its weights [count, heads, queries, length]; empty: none is dropped.
at::Tensor packed_attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                            const std::shared_ptr<const Frame>& frame, int64_t heads, std::vector<Keep> keeps,
                            bool causal = false);

}  // namespace espalier::kernels
