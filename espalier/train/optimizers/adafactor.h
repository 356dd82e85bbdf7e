// Adafactor: the squares of a matrix' gradients are kept as row and column means, v = r c / mean(r). Shazeer and Stern 2018;
// equal to transformers.optimization.Adafactor.
#pragma once

#include "espalier/nn/tensor.h"
#include "espalier/train/optimizer.h"

namespace espalier {

struct AdafactorOptions : OptimizerOptions {
  double epsilon = 1e-30, scale_floor = 1e-3, clip_threshold = 1, decay_rate = -0.8;
  std::optional<double> beta1;
  bool scale_parameter = false, relative_step = false, warmup_init = false;
  void fields(Fields& f) {
    OptimizerOptions::fields(f);
    f("epsilon", epsilon).at_least(0).help("added to squared gradients");
    f("scale_floor", scale_floor).at_least(0).help("least scale of a parameter, with scale_parameter");
    f("clip_threshold", clip_threshold).above(0).help("an update's root mean square is kept below it");
    f("decay_rate", decay_rate).at_most(0).help("the squares decay by 1 - step^decay_rate");
    f("beta1", beta1).at_least(0).below(1).help("decay of a mean of updates; unset: none is kept");
    f("scale_parameter", scale_parameter).help("multiply the rate by the root mean square of the parameter");
    f("relative_step", relative_step).help("rate 1 / sqrt(step) instead of the schedule's");
    f("warmup_init", warmup_init).help("with relative_step: start from 1e-6 per step");
  }
};

class Adafactor final : public Optimizer {
 public:
  explicit Adafactor(const AdafactorOptions& options) : Optimizer(options), options_(options) {}

 private:
  void prepare(Slot& slot) const override;
  void update(Slot& slot, const Tensor& gradient, double learning_rate) override;
  double rate(const Slot& slot, double learning_rate) const;
  AdafactorOptions options_;
};

}  // namespace espalier
