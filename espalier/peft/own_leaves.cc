#include "espalier/peft/own_leaves.h"

#include "espalier/nn/tensor.h"

namespace espalier {

void OwnLeaves::take(const std::vector<Parameter*>& parameters) {
  for (Parameter* p : parameters) {
    if (!p->defined()) continue;
    originals_.push_back({p, p->leaf(), p->mapped});
    p->set(p->leaf().detach().clone());
  }
}

void OwnLeaves::swap() {
  for (Original& original : originals_) {
    const Tensor other = original.parameter->leaf();
    const bool mapped = original.parameter->mapped;
    original.parameter->set(original.leaf);
    original.parameter->mapped = original.mapped;
    original.leaf = other;
    original.mapped = mapped;
  }
  swapped_ = !swapped_;
}

void OwnLeaves::give_back() {
  if (!swapped_) swap();
  originals_.clear();
  swapped_ = false;
}

std::vector<Parameter*> OwnLeaves::parameters() const {
  std::vector<Parameter*> parameters;
  for (const Original& original : originals_) parameters.push_back(original.parameter);
  return parameters;
}

}  // namespace espalier
