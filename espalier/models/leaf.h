// Leaves from and to file tensors.
#pragma once

#include <optional>

#include "espalier/io/tensor_view.h"
#include "espalier/nn/parameter.h"

namespace espalier {

/// ATen's type of a stored one; nullopt when it has none.
std::optional<at::ScalarType> scalar_type(DType dtype);
DType stored_type(at::ScalarType type);
/// A tensor over the view's bytes where type and alignment agree (read-only: the map is), else a converted copy.
Tensor tensor_of(const TensorView& view, at::ScalarType type, bool* mapped = nullptr);
/// The parameter's leaf from a view of the same shape.
void set_from_view(Parameter& parameter, const TensorView& view, at::ScalarType type);
/// The tensor's bytes as they go into a file; `tensor` must be contiguous, on the CPU, and outlive the result.
NamedTensor named_tensor(std::string name, const Tensor& tensor);
/// A mapped tensor has left the memory afterwards.
bool all_finite(const Tensor& tensor);

}  // namespace espalier
