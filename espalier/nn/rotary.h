// Rotary positions: each pair of a head's numbers (j, j + dh/2) turned by position · base^(-2j/dh). Su et al. 2021, 3.2.2; the
// halves laid out as transformers' Llama has them.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace espalier {

/// x [N, H · dh], positions [N] int64 -> as x. Rows without a position (-1) are left as they are.
at::Tensor rotate(const at::Tensor& x, const at::Tensor& positions, int64_t head_width, double base);

}  // namespace espalier
