// Sample: examples that a method looks at before the first step, and what it may ask about them. Asking trains nothing, draws
// nothing and leaves every gradient as it was; dropout is off.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "espalier/nn/parameter.h"
#include "espalier/nn/pass.h"

namespace espalier {

class Sample {
 public:
  /// The mean loss of one batch, differentiable.
  using Loss = std::function<Tensor(int64_t batch, Pass& pass)>;
  Sample(int64_t batches, Loss loss) : batches_(batches), loss_(std::move(loss)) {}
  int64_t batches() const { return batches_; }

  /// Σ over the batches of dL/dw, for each parameter; zeros where the loss does not depend on it. Frozen ones may be asked about.
  std::vector<Tensor> gradients(const std::vector<Parameter*>& parameters) const;
  /// H g with g = gradients(parameters) and H the Hessian of Σ L with respect to these parameters alone.
  std::vector<Tensor> curvature(const std::vector<Parameter*>& parameters, const std::vector<Tensor>& g) const;

 private:
  int64_t batches_;
  Loss loss_;
};

}  // namespace espalier
