// Budget: how many units stay, and where they are counted together.
//   global  ⌈p · all⌉ go, wherever they stand
//   layer   ⌊p · size⌋ of each tensor go
//   er      the density of each tensor is ε (in + out) / (in · out), at most 1, ε such that p of all go      Erdős–Rényi
//   erk     the same with all extents, which differs where a tensor has more than two                        Evci et al. 2020
// Units are ranked; ties are broken by their place, tensor after tensor.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace espalier {

enum class Scope : uint8_t { global, layer, er, erk };
/// "global", "layer", "er", "erk".
Scope scope_from(const std::string& name);

struct Budget {
  double prune_fraction = 0.5;
  Scope scope = Scope::global;
};

/// bool [units] for each tensor, true where a unit stays. `scores`: [units] each; `shapes`: of the tensors, for the densities.
/// A usage Error where nothing would stay, or where more than 1 % of the units are tied with the last one that goes.
std::vector<at::Tensor> keep_best(const std::vector<at::Tensor>& scores, const std::vector<std::vector<int64_t>>& shapes,
                                  const Budget& budget);

/// True where the number stays: all but the ⌊fraction · size⌋ smallest scores; ties broken by flat index.
at::Tensor keep_largest(const at::Tensor& scores, double prune_fraction);

/// Densities of er and erk for tensors of these shapes; Σ density · size = keep · Σ size.
std::vector<double> random_graph_densities(const std::vector<std::vector<int64_t>>& shapes, double keep, bool all_extents);

}  // namespace espalier
