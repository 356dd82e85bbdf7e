// SGD with momentum: g <- g + d w, b <- mu b + (1 - damping) g (first step: b = g), w <- w - r b, Nesterov: w <- w - r (g + mu
// b). Equal to torch.optim.SGD.
#pragma once

#include "espalier/nn/tensor.h"
#include "espalier/train/optimizer.h"

namespace espalier {

struct SgdOptions : OptimizerOptions {
  double momentum = 0.9, damping = 0;
  bool nesterov = false;
  void fields(Fields& f) {
    OptimizerOptions::fields(f);
    f("momentum", momentum).at_least(0).below(1).help("share of the last update that is kept");
    f("damping", damping).between(0, 1).help("share of the gradient that momentum leaves out");
    f("nesterov", nesterov).help("look ahead along the momentum");
  }
};

class Sgd final : public Optimizer {
 public:
  explicit Sgd(const SgdOptions& options);

 private:
  void prepare(Slot& slot) const override;
  void update(Slot& slot, const Tensor& gradient, double learning_rate) override;
  SgdOptions options_;
};

}  // namespace espalier
