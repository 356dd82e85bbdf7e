#include "espalier/train/objectives/regression.h"

#include "espalier/base/error.h"

namespace espalier {
namespace {

/// [B, C] terms -> sums over C, C terms each.
Losses over_columns(const Tensor& terms) { return {terms.sum(1), at::full({terms.size(0)}, terms.size(1), terms.options())}; }

}  // namespace

Losses SquaredError::of(const Tensor& output, const Batch& batch) const {
  return over_columns((output - batch.values.to(output.scalar_type())).square());
}

Losses BinaryCrossEntropy::of(const Tensor& output, const Batch& batch) const {
  Tensor weights;
  if (!options_.positive_weights.empty()) {
    if (int64_t(options_.positive_weights.size()) != output.size(1)) {
      throw usage_error("{} weights; expected {}, one a label", options_.positive_weights.size(), output.size(1))
          .at("objective.positive_weights");
    }
    weights = at::tensor(options_.positive_weights, output.options());
  }
  const Tensor target = batch.multi_hot.to(output.scalar_type());
  return over_columns(at::binary_cross_entropy_with_logits(output, target, {}, weights, at::Reduction::None));
}

CosineError::CosineError(CosineOptions options) : options_(options) {
  if (options_.high <= options_.low) {
    throw usage_error("objective.high = {} is not above objective.low = {}", options_.high, options_.low);
  }
}

Losses CosineError::of(const Tensor& output, const Batch& batch) const {
  const Tensor score = batch.values.to(output.scalar_type()).reshape({-1});
  const Tensor wanted = (score - options_.low) / (options_.high - options_.low);
  return over_columns((output - wanted).square().unsqueeze(1));
}

}  // namespace espalier
