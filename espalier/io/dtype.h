// Element types of stored tensors, as safetensors names them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace espalier {

enum class DType : uint8_t { f64, f32, f16, bf16, i64, i32, i16, i8, u8, boolean };

/// Every enumerator, in order.
std::span<const DType> all_dtypes();
/// Bytes of one element.
int64_t dtype_size(DType dtype);
/// "F32", "BF16", "BOOL": the name in a safetensors header.
std::string_view dtype_name(DType dtype);
/// The reverse of dtype_name(); nullopt for anything else (also for types that safetensors knows and espalier does not).
std::optional<DType> dtype_named(std::string_view name);

}  // namespace espalier
