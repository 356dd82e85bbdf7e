#include "espalier/train/optimizers/adafactor.h"

#include <algorithm>
#include <cmath>

namespace espalier {
namespace {

double root_mean_square(const Tensor& t) { return t.norm(2).item<double>() / std::sqrt(double(t.numel())); }

}  // namespace

void Adafactor::prepare(Slot& slot) const {
  const Tensor& w = slot.parameter->leaf();
  if (w.dim() >= 2) {
    slot.state["exp_avg_sq_row"] = at::zeros_like(w.select(-1, 0), at::MemoryFormat::Contiguous);
    slot.state["exp_avg_sq_col"] = at::zeros_like(w.select(-2, 0), at::MemoryFormat::Contiguous);
  } else {
    slot.state["exp_avg_sq"] = at::zeros_like(w);
  }
  if (options_.beta1) slot.state["exp_avg"] = at::zeros_like(w);
}

double Adafactor::rate(const Slot& slot, double learning_rate) const {
  double rate = learning_rate;
  if (options_.relative_step) {
    const double least = options_.warmup_init ? 1e-6 * double(slot.step) : 1e-2;
    rate = std::min(least, 1 / std::sqrt(double(slot.step))) * slot.rate;
  }
  if (options_.scale_parameter) rate *= std::max(options_.scale_floor, root_mean_square(slot.parameter->leaf()));
  return rate;
}

void Adafactor::update(Slot& slot, const Tensor& gradient, double learning_rate) {
  Tensor& w = slot.parameter->leaf();
  const double r = rate(slot, learning_rate);
  const double beta2 = 1 - std::pow(double(slot.step), options_.decay_rate);
  const Tensor squares = gradient.square().add_(options_.epsilon);
  Tensor change;
  if (w.dim() >= 2) {
    Tensor &row = slot.state["exp_avg_sq_row"], &column = slot.state["exp_avg_sq_col"];
    row.mul_(beta2).add_(squares.mean(-1), 1 - beta2);
    column.mul_(beta2).add_(squares.mean(-2), 1 - beta2);
    const Tensor row_factor = (row / row.mean(-1, true)).rsqrt_().unsqueeze(-1);
    change = row_factor.mul(column.unsqueeze(-2).rsqrt()).mul_(gradient);
  } else {
    Tensor& mean = slot.state["exp_avg_sq"];
    mean.mul_(beta2).add_(squares, 1 - beta2);
    change = mean.rsqrt().mul_(gradient);
  }
  change.div_(std::max(1.0, root_mean_square(change) / options_.clip_threshold)).mul_(r);
  if (options_.beta1) {
    Tensor& mean = slot.state["exp_avg"];
    mean.mul_(*options_.beta1).add_(change, 1 - *options_.beta1);
    change = mean;
  }
  if (slot.decay != 0) w.mul_(1 - slot.decay * r);
  w.sub_(change);
}

}  // namespace espalier
