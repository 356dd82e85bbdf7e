#include "espalier/train/rules/plain.h"

#include <cmath>

#include "espalier/models/model.h"
#include "espalier/nn/tensor.h"
#include "espalier/train/objective.h"

namespace espalier {
namespace {

void add_broken(const Tensor& sums, const Batch& batch, StepLoss& step) {
  const Tensor finite = at::isfinite(sums).cpu().contiguous();
  for (int64_t i = 0; i < finite.numel(); ++i) {
    if (!finite.const_data_ptr<bool>()[i]) step.broken.push_back(batch.examples[size_t(i)]);
  }
}

}  // namespace

StepLoss PlainRule::gradients(Model& model, Objective& objective, std::span<const Batch> micro_batches, const Pass& pass,
                              std::span<Parameter* const> trained) {
  std::vector<Tensor> leaves;
  for (Parameter* parameter : trained) {
    leaves.push_back(parameter->leaf());
    leaves.back().mutable_grad().reset();
  }
  StepLoss step;
  for (size_t i = 0; i < micro_batches.size(); ++i) {
    Pass micro = pass;
    micro.random.micro_batch = int64_t(i);
    const Losses losses = objective(model, micro_batches[i], micro);
    const Tensor sum = losses.sums.sum();
    if (sum.requires_grad()) sum.backward({}, /*retain_graph=*/false, /*create_graph=*/false, leaves);
    const double total = sum.item<double>();
    if (!std::isfinite(total)) add_broken(losses.sums, micro_batches[i], step);
    step.sum += total;
    step.count += losses.counts.sum().item<double>();
    step.examples += micro_batches[i].size();
    step.tokens += micro_batches[i].ids.numel();
  }
  // The mean's count is known only after the last micro-batch, so gradients of sums are scaled at the end.
  std::vector<Tensor> gradients;
  for (const Tensor& leaf : leaves) {
    if (leaf.grad().defined()) gradients.push_back(leaf.grad());
  }
  if (step.count > 0 && !gradients.empty()) {
    at::NoGradGuard no_grad;
    at::_foreach_mul_(gradients, 1 / step.count);
  }
  for (const auto& modifier : model.modifiers()) {
    const Tensor penalty = modifier->penalty();
    if (penalty.defined() && penalty.requires_grad())
      penalty.backward({}, /*retain_graph=*/false, /*create_graph=*/false, leaves);
  }
  return step;
}

const Registry<GradientRule>& rules() {
  static const Registry<GradientRule> all = [] {
    Registry<GradientRule> r("gradient rule");
    r.add<PlainRule, PlainOptions>("plain", "the gradient of the mean loss");
    return r;
  }();
  return all;
}

}  // namespace espalier
