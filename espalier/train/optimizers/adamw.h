// AdamW: m <- b1 m + (1 - b1) g, v <- b2 v + (1 - b2) g², w <- w - r d w - r (m / c1) / (sqrt(v / c2) + e), c_i = 1 - b_i^t.
// Loshchilov and Hutter 2019; equal to torch.optim.AdamW.
#pragma once

#include "espalier/nn/tensor.h"
#include "espalier/train/optimizer.h"

namespace espalier {

struct AdamWOptions : OptimizerOptions {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  void fields(Fields& f) {
    OptimizerOptions::fields(f);
    f("beta1", beta1).at_least(0).below(1).help("decay of the mean of gradients");
    f("beta2", beta2).at_least(0).below(1).help("decay of the mean of their squares");
    f("epsilon", epsilon).above(0).help("added to the root of the squares");
  }
};

class AdamW final : public Optimizer {
 public:
  explicit AdamW(const AdamWOptions& options) : Optimizer(options), options_(options) {}

 private:
  void prepare(Slot& slot) const override;
  void update(Slot& slot, const Tensor& gradient, double learning_rate) override;
  AdamWOptions options_;
};

}  // namespace espalier
