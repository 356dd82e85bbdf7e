#include "espalier/models/leaf.h"

#include <cmath>
#include <cstring>

#include "espalier/base/error.h"
#include "espalier/base/mapped_pages.h"
#include "espalier/nn/tensor.h"

namespace espalier {

std::optional<at::ScalarType> scalar_type(DType dtype) {
  switch (dtype) {
    case DType::f64:
      return at::kDouble;
    case DType::f32:
      return at::kFloat;
    case DType::f16:
      return at::kHalf;
    case DType::bf16:
      return at::kBFloat16;
    case DType::i64:
      return at::kLong;
    case DType::i32:
      return at::kInt;
    case DType::i16:
      return at::kShort;
    case DType::i8:
      return at::kChar;
    case DType::u8:
      return at::kByte;
    case DType::boolean:
      return at::kBool;
  }
  return std::nullopt;
}

DType stored_type(at::ScalarType type) {
  for (DType dtype : all_dtypes()) {
    if (scalar_type(dtype) == type) return dtype;
  }
  throw bug_error("tensors of type {} are not stored", at::toString(type));
}

Tensor tensor_of(const TensorView& view, at::ScalarType type, bool* mapped) {
  const at::ScalarType stored = scalar_type(view.dtype).value();
  const auto size = uint64_t(dtype_size(view.dtype));
  const bool aligned = reinterpret_cast<uintptr_t>(view.bytes.data()) % size == 0;
  if (mapped != nullptr) *mapped = false;
  if (aligned && !view.bytes.empty()) {
    // from_blob wants a mutable pointer; Parameter::train copies a mapped leaf before anything writes.
    void* data = const_cast<std::byte*>(view.bytes.data());
    const Tensor whole = at::from_blob(
        data, view.shape, [owner = view.owner](void*) {}, at::TensorOptions(stored));
    if (mapped != nullptr) *mapped = stored == type && view.owner != nullptr;
    if (stored != type) return whole.to(type);
    return view.owner != nullptr ? whole : whole.clone();
  }
  Tensor copy = at::empty(view.shape, stored);
  std::memcpy(copy.data_ptr(), view.bytes.data(), view.bytes.size());
  return copy.to(type);
}

void set_from_view(Parameter& parameter, const TensorView& view, at::ScalarType type) {
  bool mapped = false;
  parameter.set(tensor_of(view, type, &mapped));
  parameter.mapped = mapped;
}

NamedTensor named_tensor(std::string name, const Tensor& tensor) {
  return {std::move(name),
          stored_type(tensor.scalar_type()),
          tensor.sizes().vec(),
          {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()}};
}

bool all_finite(const Tensor& tensor) {
  // A finite sum proves finite parts; an infinite one may be mere overflow.
  const bool finite = std::isfinite(tensor.sum(at::kDouble).item<double>()) || at::isfinite(tensor).all().item<bool>();
  if (tensor.is_contiguous()) release_mapped(tensor.const_data_ptr(), tensor.nbytes());
  return finite;
}

}  // namespace espalier
