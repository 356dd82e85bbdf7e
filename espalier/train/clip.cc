#include "espalier/train/clip.h"

#include "espalier/nn/parameter.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

std::vector<Tensor> gradients_of(std::span<Parameter* const> trained) {
  std::vector<Tensor> gradients;
  for (const Parameter* parameter : trained) {
    if (parameter->leaf().grad().defined()) gradients.push_back(parameter->leaf().grad());
  }
  return gradients;
}

double norm_of(const std::vector<Tensor>& gradients) {
  if (gradients.empty()) return 0;
  return at::stack(at::_foreach_norm(gradients, 2)).norm(2).item<double>();
}

}  // namespace

double gradient_norm(std::span<Parameter* const> trained) {
  at::NoGradGuard no_grad;
  return norm_of(gradients_of(trained));
}

double clip_gradients(std::span<Parameter* const> trained, double limit) {
  at::NoGradGuard no_grad;
  const std::vector<Tensor> gradients = gradients_of(trained);
  const double norm = norm_of(gradients);
  const double factor = limit / (norm + 1e-6);
  if (limit > 0 && factor < 1) at::_foreach_mul_(gradients, factor);
  return norm;
}

}  // namespace espalier
