// Join: the residual sum of a branch, and the norm after it where the family has one: y = norm(stream + branch).
#pragma once

#include "espalier/nn/drop.h"
#include "espalier/nn/norm.h"

namespace espalier {

class Join : public Module {
 public:
  Join(Module& parent, int64_t width, double epsilon) : Module(parent, "join"), norm(*this, "norm", width, epsilon) {}
  /// norm(stream + drop(branch)). branch [N, D], stream [N, D] -> [N, D]. The site's x is what `drop` left of the branch.
  Tensor operator()(const Tensor& branch, const Tensor& stream, const Drop& drop, Pass& pass) const {
    if (drop.site.wrapped() || site.wrapped() || norm.site.wrapped()) {
      return site.run(drop(branch, pass), pass, [&](const Tensor& x) { return norm(x + stream, pass); });
    }
    const bool drops = pass.train && drop.probability() > 0;
    return site.run(branch, pass, [&](const Tensor& x) {
      return op::join_norm(x, stream, norm.weight, norm.bias, norm.epsilon(), drops ? drop.probability() : 0,
                           drops ? pass.draw(drop.path()) : 0, pass);
    });
  }

  Site site{*this, Unit::join};
  LayerNorm norm;
};

}  // namespace espalier
