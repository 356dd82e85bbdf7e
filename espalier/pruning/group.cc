#include "espalier/pruning/group.h"

#include "espalier/base/error.h"
#include "espalier/nn/tensor.h"

namespace espalier {

Grouping grouping_from(const std::string& name) {
  if (name == "element") return Grouping::element;
  if (name == "row") return Grouping::row;
  if (name == "column") return Grouping::column;
  throw usage_error("group '{}' is unknown", name).hint("known: element, row, column");
}

Tensor unit_scores(const Tensor& scores, Grouping grouping) {
  if (grouping == Grouping::element) return scores.flatten();
  return scores.sum(grouping == Grouping::row ? 1 : 0);
}

Tensor spread_units(const Tensor& kept, const std::vector<int64_t>& shape, Grouping grouping) {
  if (grouping == Grouping::element) return kept.view(shape);
  return kept.unsqueeze(grouping == Grouping::row ? 1 : 0).expand(shape).contiguous();
}

}  // namespace espalier
