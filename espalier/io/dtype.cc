#include "espalier/io/dtype.h"

#include <array>

namespace espalier {
namespace {

struct Known {
  DType dtype;
  std::string_view name;
  int64_t size;
};
constexpr std::array kKnown{Known{DType::f64, "F64", 8},     Known{DType::f32, "F32", 4}, Known{DType::f16, "F16", 2},
                            Known{DType::bf16, "BF16", 2},   Known{DType::i64, "I64", 8}, Known{DType::i32, "I32", 4},
                            Known{DType::i16, "I16", 2},     Known{DType::i8, "I8", 1},   Known{DType::u8, "U8", 1},
                            Known{DType::boolean, "BOOL", 1}};

constexpr auto kAll = [] {
  std::array<DType, kKnown.size()> all{};
  for (size_t i = 0; i < all.size(); ++i) all[i] = kKnown[i].dtype;
  return all;
}();

}  // namespace

std::span<const DType> all_dtypes() { return kAll; }

int64_t dtype_size(DType dtype) { return kKnown[static_cast<size_t>(dtype)].size; }

std::string_view dtype_name(DType dtype) { return kKnown[static_cast<size_t>(dtype)].name; }

std::optional<DType> dtype_named(std::string_view name) {
  for (const Known& known : kKnown) {
    if (known.name == name) return known.dtype;
  }
  return std::nullopt;
}

}  // namespace espalier
