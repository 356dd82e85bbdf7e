// Join: the residual sum of a branch, and the norm after it where the family has one: y = norm(stream + branch).
#pragma once

#include "espalier/nn/norm.h"

namespace espalier {

class Join : public Module {
 public:
  Join(Module& parent, int64_t width, double epsilon) : Module(parent, "join"), norm(*this, "norm", width, epsilon) {}
  /// branch [N, D], stream [N, D] -> [N, D]. The site's x is the branch.
  Tensor operator()(const Tensor& branch, const Tensor& stream, Pass& pass) const {
    return site.run(branch, pass, [&](const Tensor& x) { return norm(x + stream, pass); });
  }

  Site site{*this, Unit::join};
  LayerNorm norm;
};

}  // namespace espalier
