#include "espalier/train/optimizers/sgd.h"

namespace espalier {

Sgd::Sgd(const SgdOptions& options) : Optimizer(options), options_(options) {
  if (options_.nesterov && (options_.momentum == 0 || options_.damping != 0)) {
    throw usage_error("nesterov needs momentum above 0 and no damping").at("optimizer.nesterov");
  }
}

void Sgd::prepare(Slot& slot) const {
  if (options_.momentum > 0) slot.state["momentum"] = at::zeros_like(slot.parameter->leaf());
}

void Sgd::update(Slot& slot, const Tensor& gradient, double learning_rate) {
  Tensor& w = slot.parameter->leaf();
  Tensor g = slot.decay == 0 ? gradient : gradient.add(w, slot.decay);
  if (options_.momentum > 0) {
    Tensor& b = slot.state["momentum"];
    slot.step == 1 ? b.copy_(g) : b.mul_(options_.momentum).add_(g, 1 - options_.damping);
    g = options_.nesterov ? g.add(b, options_.momentum) : b;
  }
  w.add_(g, -learning_rate);
}

}  // namespace espalier
