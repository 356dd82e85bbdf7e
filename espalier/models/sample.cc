#include "espalier/models/sample.h"

#include "espalier/base/error.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

/// All parameters take gradients while it lives; then each has the very leaf that it had.
class Asked {
 public:
  explicit Asked(const std::vector<Parameter*>& parameters) {
    for (Parameter* p : parameters) {
      before_.push_back({p, p->leaf(), p->mapped});
      if (!p->trained()) p->set(p->leaf().detach().clone().requires_grad_(true));
      leaves.push_back(p->leaf());
    }
  }
  ~Asked() {
    for (const Before& b : before_) {
      if (b.parameter->leaf().is_same(b.leaf)) continue;
      b.parameter->leaf() = b.leaf;
      b.parameter->mapped = b.mapped;
    }
  }
  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;

  std::vector<Tensor> leaves;

 private:
  struct Before {
    Parameter* parameter;
    Tensor leaf;
    bool mapped;
  };
  std::vector<Before> before_;
};

std::vector<Tensor> zeros_like(const std::vector<Tensor>& leaves) {
  std::vector<Tensor> zeros;
  for (const Tensor& leaf : leaves) zeros.push_back(at::zeros_like(leaf.detach()));
  return zeros;
}

void add_to(std::vector<Tensor>& sums, const std::vector<Tensor>& terms) {
  at::NoGradGuard no_gradient;
  for (size_t i = 0; i < sums.size(); ++i) {
    if (terms[i].defined()) sums[i].add_(terms[i]);
  }
}

}  // namespace

std::vector<Tensor> Sample::gradients(const std::vector<Parameter*>& parameters) const {
  const Asked asked(parameters);
  std::vector<Tensor> sums = zeros_like(asked.leaves);
  for (int64_t i = 0; i < batches_; ++i) {
    Pass pass;
    const Tensor loss = loss_(i, pass);
    if (!loss.requires_grad()) continue;
    add_to(sums, torch::autograd::grad({loss}, asked.leaves, {}, /*retain_graph=*/false, /*create_graph=*/false,
                                       /*allow_unused=*/true));
  }
  return sums;
}

std::vector<Tensor> Sample::curvature(const std::vector<Parameter*>& parameters, const std::vector<Tensor>& g) const {
  const Asked asked(parameters);
  std::vector<Tensor> sums = zeros_like(asked.leaves);
  for (int64_t i = 0; i < batches_; ++i) {
    Pass pass;
    pass.composed = true;
    const Tensor loss = loss_(i, pass);
    if (!loss.requires_grad()) continue;
    const std::vector<Tensor> own = torch::autograd::grad({loss}, asked.leaves, {}, /*retain_graph=*/true, /*create_graph=*/true,
                                                          /*allow_unused=*/true);
    Tensor along;  // <g, ∇L>
    for (size_t j = 0; j < own.size(); ++j) {
      if (!own[j].defined()) continue;
      const Tensor term = (own[j] * g[j]).sum();
      along = along.defined() ? along + term : term;
    }
    if (!along.defined() || !along.requires_grad()) continue;
    add_to(sums, torch::autograd::grad({along}, asked.leaves, {}, /*retain_graph=*/false, /*create_graph=*/false,
                                       /*allow_unused=*/true));
  }
  return sums;
}

}  // namespace espalier
