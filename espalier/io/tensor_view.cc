#include "espalier/io/tensor_view.h"

#include "espalier/base/error.h"
#include "espalier/base/text.h"

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

std::vector<std::string> names_of(const TensorMap& tensors) {
  std::vector<std::string> names;
  names.reserve(tensors.size());
  for (const auto& [name, view] : tensors) names.push_back(name);
  return names;
}

const TensorView* find_tensor(const TensorMap& tensors, std::string_view name) {
  const auto at = tensors.find(name);
  return at == tensors.end() ? nullptr : &at->second;
}

const TensorView& tensor_at(const TensorMap& tensors, std::string_view name, const std::string& place) {
  if (const TensorView* found = find_tensor(tensors, name)) return *found;
  throw data_error("there is no tensor '{}' among {}{}", name, tensors.size(), did_you_mean(name, names_of(tensors))).at(place);
}

}  // namespace espalier
