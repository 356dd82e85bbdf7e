// Norms over the last axis: a layer's, y = (x - mean) / sqrt(var + epsilon) ⊙ w + b, and by the root mean square,
// y = x / sqrt(mean(x²) + epsilon) ⊙ w (Zhang and Sennrich 2019, eq. 4).
#pragma once

#include <memory>

#include "espalier/nn/module.h"
#include "espalier/nn/op.h"
#include "espalier/nn/site.h"

namespace espalier {

enum class NormKind : uint8_t { layer, rms };
struct NormOptions {
  NormKind kind = NormKind::layer;
  double epsilon = 1e-5;
};

class Norm : public Module {
 public:
  Norm(Module& parent, std::string_view name, int64_t width, double epsilon)
      : Module(parent, name), weight(*this, "weight", {width}), epsilon_(epsilon) {}
  virtual Tensor operator()(const Tensor& x, Pass& pass) const = 0;

  double epsilon() const { return epsilon_; }

  Site site{*this, Unit::norm};
  Parameter weight;

 private:
  double epsilon_;
};

class LayerNorm final : public Norm {
 public:
  LayerNorm(Module& parent, std::string_view name, int64_t width, double epsilon)
      : Norm(parent, name, width, epsilon), bias(*this, "bias", {width}) {}
  Tensor operator()(const Tensor& x, Pass& pass) const override {
    return site.run(x, pass, [&](const Tensor& input) { return op::layer_norm(input, weight, bias, epsilon(), pass); });
  }

  Parameter bias;
};

class RmsNorm final : public Norm {
 public:
  using Norm::Norm;
  Tensor operator()(const Tensor& x, Pass& pass) const override;
};

std::unique_ptr<Norm> make_norm(Module& parent, std::string_view name, int64_t width, const NormOptions& options);

}  // namespace espalier
