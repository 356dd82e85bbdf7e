// Masks and what they keep, as files hold them: one bit a number, and the numbers that stay.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace espalier {

/// bool of any shape -> uint8 [⌈size / 8⌉], row-major, the lowest bit first.
at::Tensor pack_bits(const at::Tensor& mask);
/// Back; a data Error at `place` where type or length do not fit the shape.
at::Tensor unpack_bits(const at::Tensor& bits, const std::vector<int64_t>& shape, const std::string& place);

/// The numbers that stay, [kept], row-major.
at::Tensor pack_values(const at::Tensor& dense, const at::Tensor& mask);
/// Back, zero elsewhere; a data Error at `place` where there are not as many as the mask keeps.
at::Tensor unpack_values(const at::Tensor& values, const at::Tensor& mask, const std::string& place);

}  // namespace espalier
