#include "espalier/pruning/budget.h"

#include <algorithm>
#include <cmath>

#include "espalier/base/error.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

// 0.29 * 100 is a little below 29 in binary.
constexpr double kGuard = 1e-12;
constexpr double kTiedShare = 0.01;

int64_t rounded_down(double fraction, int64_t size) { return int64_t(fraction * double(size) * (1 + kGuard)); }
int64_t rounded_up(double fraction, int64_t size) { return int64_t(std::ceil(fraction * double(size) * (1 - kGuard))); }

int64_t product(const std::vector<int64_t>& shape) {
  int64_t size = 1;
  for (const int64_t extent : shape) size *= extent;
  return size;
}

/// All but the `pruned` smallest; of those that are equal to the last one that goes, the first go.
Tensor without_smallest(const Tensor& scores, int64_t pruned) {
  const Tensor flat = scores.flatten();
  if (pruned == 0) return at::ones({flat.numel()}, at::kBool);
  const Tensor last = std::get<0>(flat.kthvalue(pruned));
  Tensor keep = flat > last;
  const Tensor tied = (flat == last).nonzero().flatten();
  const int64_t gone = pruned - (flat < last).sum().item<int64_t>();
  keep.index_fill_(0, tied.narrow(0, gone, tied.numel() - gone), true);
  return keep;
}

/// Where many scores are equal to the last one that goes, their order in memory would choose.
void check_ties(const Tensor& scores, int64_t pruned) {
  const int64_t size = scores.numel();
  if (pruned == 0) return;
  if (pruned >= size) throw usage_error("all {} numbers of a mask's pool would go", size).hint("prune less");
  const Tensor last = std::get<0>(scores.kthvalue(pruned));
  // What an earlier round has taken has the score -∞, and is no tie.
  if (std::isinf(last.item<double>())) return;
  const int64_t tied = (scores == last).sum().item<int64_t>();
  if (double(tied) <= std::max(1.0, kTiedShare * double(size))) return;
  throw usage_error("{} of {} scores are equal to the one at which the mask cuts: their order, not their worth, would choose",
                    tied, size)
      .hint("draw both factors at random (init_weights = \"bert\"), or use score = \"random\"");
}

}  // namespace

Scope scope_from(const std::string& name) {
  if (name == "global") return Scope::global;
  if (name == "layer") return Scope::layer;
  if (name == "er") return Scope::er;
  if (name == "erk") return Scope::erk;
  throw usage_error("scope '{}' is unknown", name).hint("known: global, layer, er, erk");
}

Tensor keep_largest(const Tensor& scores, double prune_fraction) {
  return without_smallest(scores, rounded_down(prune_fraction, scores.numel())).view(scores.sizes());
}

std::vector<double> random_graph_densities(const std::vector<std::vector<int64_t>>& shapes, double keep, bool all_extents) {
  std::vector<double> raw, densities(shapes.size());
  std::vector<bool> full(shapes.size(), false);
  double wanted = 0;
  for (const auto& shape : shapes) {
    double sum = 0, volume = 1;
    for (size_t i = 0; i < shape.size() && (all_extents || i < 2); ++i) {
      sum += double(shape[i]);
      volume *= double(shape[i]);
    }
    raw.push_back(sum / volume);
    wanted += keep * double(product(shape));
  }
  // What would be more than whole is whole, and the others share what is left.
  for (bool again = true; again;) {
    again = false;
    double left = wanted, weight = 0;
    for (size_t i = 0; i < shapes.size(); ++i) {
      const auto size = double(product(shapes[i]));
      full[i] ? left -= size : weight += raw[i] * size;
    }
    const double epsilon = weight > 0 ? left / weight : 0;
    for (size_t i = 0; i < shapes.size(); ++i) {
      densities[i] = full[i] ? 1 : epsilon * raw[i];
      if (!full[i] && densities[i] > 1) full[i] = again = true;
    }
  }
  return densities;
}

std::vector<Tensor> keep_best(const std::vector<Tensor>& scores, const std::vector<std::vector<int64_t>>& shapes,
                              const Budget& budget) {
  std::vector<Tensor> kept;
  if (budget.scope == Scope::global) {
    const Tensor all = at::cat(scores);
    const int64_t pruned = rounded_up(budget.prune_fraction, all.numel());
    check_ties(all, pruned);
    const Tensor keep = without_smallest(all, pruned);
    int64_t first = 0;
    for (const Tensor& own : scores) {
      kept.push_back(keep.narrow(0, first, own.numel()).clone());
      first += own.numel();
    }
    return kept;
  }
  std::vector<double> densities(scores.size(), 1 - budget.prune_fraction);
  if (budget.scope != Scope::layer) {
    densities = random_graph_densities(shapes, 1 - budget.prune_fraction, budget.scope == Scope::erk);
  }
  for (size_t i = 0; i < scores.size(); ++i) {
    const int64_t size = scores[i].numel();
    const int64_t pruned = budget.scope == Scope::layer ? rounded_down(budget.prune_fraction, size)
                                                        : size - std::llround(densities[i] * double(size));
    check_ties(scores[i], pruned);
    kept.push_back(without_smallest(scores[i], pruned));
  }
  return kept;
}

}  // namespace espalier
