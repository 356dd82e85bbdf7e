// Drop: dropout as a place of its own, so that methods can stand before or after it.
#pragma once

#include "espalier/nn/module.h"
#include "espalier/nn/op.h"
#include "espalier/nn/site.h"

namespace espalier {

class Drop : public Module {
 public:
  Drop(Module& parent, std::string_view name, double probability) : Module(parent, name), probability_(probability) {}
  Tensor operator()(const Tensor& x, Pass& pass) const {
    return site.run(x, pass, [&](const Tensor& input) {
      if (!pass.train || probability_ == 0) return input;
      return op::dropout(input, probability_, pass.draw(path()), pass);
    });
  }

  double probability() const { return probability_; }

  Site site{*this, Unit::drop};

 private:
  double probability_;
};

}  // namespace espalier
