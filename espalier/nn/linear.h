// Linear: y = x Wᵀ + b at one site.
#pragma once

#include <memory>

#include "espalier/nn/module.h"
#include "espalier/nn/parameter.h"
#include "espalier/nn/site.h"

namespace espalier {

class Linear : public Module {
 public:
  Linear(Module& parent, std::string_view name, int64_t in, int64_t out, bool with_bias = true);
  /// y = x Wᵀ + b with another module's weight [out, in]: a tied output layer.
  Linear(Module& parent, std::string_view name, Parameter& tied, bool with_bias = true);
  Tensor operator()(const Tensor& x, Pass& pass) const;

  int64_t in() const { return weight().shape()[1]; }
  int64_t out() const { return weight().shape()[0]; }
  const Parameter& weight() const { return *weight_; }
  Parameter& weight() { return *weight_; }
  Parameter* bias() { return bias_.get(); }
  bool tied() const { return owned_ == nullptr; }

  Site site{*this, Unit::linear};

 private:
  std::unique_ptr<Parameter> owned_;
  Parameter* weight_;
  std::unique_ptr<Parameter> bias_;
};

}  // namespace espalier
