// LayerNorm: y = (x - mean) / sqrt(var + epsilon) ⊙ w + b over the last axis.
#pragma once

#include "espalier/nn/module.h"
#include "espalier/nn/op.h"
#include "espalier/nn/site.h"

namespace espalier {

class LayerNorm : public Module {
 public:
  LayerNorm(Module& parent, std::string_view name, int64_t width, double epsilon)
      : Module(parent, name), weight(*this, "weight", {width}), bias(*this, "bias", {width}), epsilon_(epsilon) {}
  Tensor operator()(const Tensor& x, Pass& pass) const {
    return site.run(x, pass, [&](const Tensor& input) { return op::layer_norm(input, weight, bias, epsilon_, pass); });
  }

  double epsilon() const { return epsilon_; }

  Site site{*this, Unit::norm};
  Parameter weight, bias;

 private:
  double epsilon_;
};

}  // namespace espalier
