#include "espalier/pruning/bits.h"

#include "espalier/base/error.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

Tensor weights() { return at::tensor({1, 2, 4, 8, 16, 32, 64, 128}, at::kByte); }

}  // namespace

Tensor pack_bits(const Tensor& mask) {
  const int64_t bytes = (mask.numel() + 7) / 8;
  Tensor padded = at::zeros({bytes * 8}, at::kByte);
  padded.narrow(0, 0, mask.numel()).copy_(mask.flatten());
  return (padded.view({bytes, 8}) * weights()).sum(1).to(at::kByte);
}

Tensor unpack_bits(const Tensor& bits, const std::vector<int64_t>& shape, const std::string& place) {
  int64_t size = 1;
  for (const int64_t extent : shape) size *= extent;
  const int64_t bytes = (size + 7) / 8;
  if (bits.scalar_type() != at::kByte || bits.dim() != 1 || bits.numel() != bytes) {
    throw data_error("a mask of {} numbers holds {} numbers of type {}; expected {} bytes", size, bits.numel(),
                     c10::toString(bits.scalar_type()), bytes)
        .at(place);
  }
  return at::bitwise_and(bits.unsqueeze(1), weights()).ne(0).flatten().narrow(0, 0, size).view(shape);
}

Tensor pack_values(const Tensor& dense, const Tensor& mask) { return dense.detach().masked_select(mask); }

Tensor unpack_values(const Tensor& values, const Tensor& mask, const std::string& place) {
  const int64_t kept = mask.sum().item<int64_t>();
  if (values.numel() != kept) throw data_error("holds {} numbers; the mask keeps {}", values.numel(), kept).at(place);
  return at::zeros(mask.sizes(), values.options()).masked_scatter(mask, values);
}

}  // namespace espalier
