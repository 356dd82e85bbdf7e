#include "espalier/io/tensor_view.h"

namespace espalier {

std::optional<int64_t> checked_product(std::span<const int64_t> shape) {
  int64_t product = 1;
  bool fits = true;
  for (int64_t size : shape) {
    if (size < 0) return std::nullopt;
    // A later 0 makes the product 0, but no reader of the reference accepts the overflow before it.
    if (fits && __builtin_mul_overflow(product, size, &product)) fits = false;
  }
  return fits ? std::optional(product) : std::nullopt;
}

int64_t TensorView::numel() const { return checked_product(shape).value_or(0); }

}  // namespace espalier
