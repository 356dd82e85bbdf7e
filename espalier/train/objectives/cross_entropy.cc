#include "espalier/train/objectives/cross_entropy.h"

#include "espalier/base/error.h"

namespace espalier {
namespace {

constexpr int64_t kNone = -100;

}  // namespace

Losses cross_entropy_rows(const Tensor& scores, const Tensor& classes, const CrossEntropyOptions& options) {
  const int64_t size = scores.size(1);
  Tensor weights;
  if (!options.class_weights.empty()) {
    if (int64_t(options.class_weights.size()) != size) {
      throw usage_error("{} class weights; expected {}, one a class", options.class_weights.size(), size)
          .at("objective.class_weights");
    }
    weights = at::tensor(options.class_weights, scores.options());
  }
  const Tensor log_p = at::log_softmax(scores, 1);
  const Tensor used = classes.ne(kNone);
  Tensor sums = at::nll_loss(log_p, classes, weights, at::Reduction::None, kNone);
  if (options.label_smoothing > 0) {
    const Tensor spread = -(weights.defined() ? log_p * weights : log_p).sum(1);
    sums = (1 - options.label_smoothing) * sums + options.label_smoothing / double(size) * spread.masked_fill(~used, 0);
  }
  Tensor counts = used.to(scores.scalar_type());
  if (weights.defined()) counts = counts * weights.index_select(0, classes.clamp_min(0));
  return {sums, counts};
}

std::vector<double> balanced_weights(std::span<const int64_t> counts) {
  double total = 0;
  for (int64_t count : counts) total += double(count);
  std::vector<double> weights;
  for (int64_t count : counts) weights.push_back(count > 0 ? total / (double(counts.size()) * double(count)) : 0);
  return weights;
}

Losses CrossEntropy::of(const Tensor& output, const Batch& batch) const {
  return cross_entropy_rows(output, batch.classes, options_);
}

Losses TokenCrossEntropy::of(const Tensor& output, const Batch& batch) const {
  // output [N, C]: only labelled rows take part, which spares a vocabulary-wide softmax of the others.
  const Tensor rows = batch.tokens.ne(kNone).nonzero().squeeze(1);
  const Losses each = cross_entropy_rows(output.index_select(0, rows), batch.tokens.index_select(0, rows), options_);
  const Tensor owners = batch.token_frame().owners().to(output.device()).index_select(0, rows);
  const Tensor zeros = at::zeros({batch.size()}, output.options());
  return {zeros.index_add(0, owners, each.sums), zeros.index_add(0, owners, each.counts)};
}

}  // namespace espalier
