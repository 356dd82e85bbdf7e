// Residual: y = stream + drop(branch), the end of a branch in families that norm before it.
#pragma once

#include "espalier/nn/drop.h"

namespace espalier {

class Residual : public Module {
 public:
  explicit Residual(Module& parent) : Module(parent, "join") {}
  /// branch, stream [N, D] -> [N, D]. The site's x is what `drop` left of the branch.
  Tensor operator()(const Tensor& branch, const Tensor& stream, const Drop& drop, Pass& pass) const {
    return site.run(drop(branch, pass), pass, [&](const Tensor& x) { return stream + x; });
  }

  Site site{*this, Unit::join};
};

}  // namespace espalier
