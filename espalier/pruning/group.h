// Grouping: what stays or goes together: each element, each row or each column of a matrix.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace espalier {

enum class Grouping : uint8_t { element, row, column };
/// "element", "row", "column".
Grouping grouping_from(const std::string& name);

/// Scores of what goes together, [units]: the sum over each. `scores` is a matrix where rows or columns go.
at::Tensor unit_scores(const at::Tensor& scores, Grouping grouping);
/// bool [units] -> bool of `shape`.
at::Tensor spread_units(const at::Tensor& kept, const std::vector<int64_t>& shape, Grouping grouping);

}  // namespace espalier
