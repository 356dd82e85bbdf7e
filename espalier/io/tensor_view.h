// A tensor as it lies in a file: type, shape and the bytes themselves, kept mapped for as long as somebody holds the view.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "espalier/base/files.h"
#include "espalier/io/dtype.h"

namespace espalier {

struct TensorView {
  DType dtype = DType::f32;
  std::vector<int64_t> shape;               ///< empty for a scalar
  std::span<const std::byte> bytes;         ///< row-major, little-endian; may be unaligned in files of other writers
  std::shared_ptr<const MappedFile> owner;  ///< keeps `bytes` valid; null when they belong to somebody else
  /// Number of elements.
  int64_t numel() const;
};

/// Tensors by name, in the order of their names.
using TensorMap = std::map<std::string, TensorView, std::less<>>;

/// All names, sorted.
std::vector<std::string> names_of(const TensorMap& tensors);
/// nullptr when there is no such tensor.
const TensorView* find_tensor(const TensorMap& tensors, std::string_view name);
/// As find_tensor; an absent name is a data Error at `place` that names the nearest one.
const TensorView& tensor_at(const TensorMap& tensors, std::string_view name, const std::string& place);

/// A tensor to be written; `bytes` must hold exactly product(shape) elements and outlive the call.
struct NamedTensor {
  std::string name;
  DType dtype = DType::f32;
  std::vector<int64_t> shape;
  std::span<const std::byte> bytes;
};

/// Product of the shape; nullopt when a size is negative or the product does not fit in 63 bits.
std::optional<int64_t> checked_product(std::span<const int64_t> shape);

}  // namespace espalier
