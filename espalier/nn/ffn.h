// FeedForward, the branch beside attention: y = down(act(up(x))), or y = down(act(gate(x)) ⊙ up(x)) (Shazeer 2020, eq. 6), x
// normed before where the family is pre-norm.
#pragma once

#include <optional>

#include "espalier/nn/activation.h"
#include "espalier/nn/drop.h"
#include "espalier/nn/join.h"
#include "espalier/nn/linear.h"

namespace espalier {

struct FeedForwardOptions {
  int64_t width = 0, inner = 0;
  Activation activation = Activation::gelu;
  bool gated = false;
  bool bias = true;                      ///< of its linears
  std::optional<NormOptions> norm = {};  ///< at the start of the branch
  double inner_drop = 0;                 ///< dropout before the last linear
};

class FeedForward : public Module {
 public:
  FeedForward(Module& parent, const FeedForwardOptions& o)
      : Module(parent, "ffn"),
        norm(o.norm ? make_norm(*this, "norm", o.width, *o.norm) : nullptr),
        gate(o.gated ? std::make_unique<Linear>(*this, "gate", o.width, o.inner, o.bias) : nullptr),
        up(*this, "up", o.width, o.inner, o.bias),
        down(*this, "down", o.inner, o.width, o.bias),
        activation_(o.activation),
        inner_drop_(o.inner_drop) {}
  FeedForward(Module& parent, int64_t width, int64_t inner, Activation activation)
      : FeedForward(parent, {.width = width, .inner = inner, .activation = activation}) {}
  Tensor operator()(const Tensor& x, Pass& pass) const {
    return site.run(x, pass, [&](const Tensor& stream) {
      const Tensor input = norm ? (*norm)(stream, pass) : stream;
      if (!gate) return down(dropped(op::activate(up(input, pass), activation_, pass), pass), pass);
      return down(dropped(op::activate((*gate)(input, pass), activation_, pass) * up(input, pass), pass), pass);
    });
  }

  Site site{*this, Unit::branch};
  std::unique_ptr<Norm> norm;    ///< null where there is none
  std::unique_ptr<Linear> gate;  ///< null where there is none
  Linear up, down;

 private:
  Tensor dropped(const Tensor& x, Pass& pass) const {
    if (!pass.train || inner_drop_ == 0) return x;
    return op::dropout(x, inner_drop_, pass.draw(path() + ".inner"), pass);
  }

  Activation activation_;
  double inner_drop_;
};

}  // namespace espalier
