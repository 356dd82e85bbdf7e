#include "espalier/nn/linear.h"

#include "espalier/nn/op.h"
#include "espalier/nn/tensor.h"

namespace espalier {

Linear::Linear(Module& parent, std::string_view name, int64_t in, int64_t out, bool with_bias)
    : Module(parent, name),
      owned_(std::make_unique<Parameter>(*this, "weight", std::vector<int64_t>{out, in})),
      weight_(owned_.get()) {
  if (with_bias) bias_ = std::make_unique<Parameter>(*this, "bias", std::vector<int64_t>{out});
}

Linear::Linear(Module& parent, std::string_view name, Parameter& tied, bool with_bias) : Module(parent, name), weight_(&tied) {
  if (with_bias) bias_ = std::make_unique<Parameter>(*this, "bias", std::vector<int64_t>{tied.shape()[0]});
}

Tensor Linear::operator()(const Tensor& x, Pass& pass) const {
  return site.run(x, pass, [&](const Tensor& input) { return op::linear(input, *weight_, bias_.get(), pass); });
}

}  // namespace espalier
