// FeedForward: y = down(act(up(x))), the branch beside attention.
#pragma once

#include "espalier/nn/activation.h"
#include "espalier/nn/drop.h"
#include "espalier/nn/join.h"
#include "espalier/nn/linear.h"

namespace espalier {

class FeedForward : public Module {
 public:
  FeedForward(Module& parent, int64_t width, int64_t inner, Activation activation)
      : Module(parent, "ffn"), up(*this, "up", width, inner), down(*this, "down", inner, width), activation_(activation) {}
  Tensor operator()(const Tensor& x, Pass& pass) const {
    return site.run(x, pass, [&](const Tensor& input) { return down(op::activate(up(input, pass), activation_, pass), pass); });
  }

  Site site{*this, Unit::branch};
  Linear up, down;

 private:
  Activation activation_;
};

}  // namespace espalier
