#include "espalier/nn/walsh.h"

#include <algorithm>
#include <cmath>

#include "espalier/base/seed.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

Tensor transformed(const Tensor& x) {
  Tensor y = x.contiguous();
  for (int64_t half = 1; half < x.numel(); half *= 2) {
    const Tensor pairs = y.view({-1, 2, half});
    const Tensor first = pairs.select(1, 0), second = pairs.select(1, 1);
    y = at::stack({first + second, first - second}, 1).view({-1});
  }
  return y;
}

class Transform : public torch::autograd::Function<Transform> {
 public:
  static Tensor forward(torch::autograd::AutogradContext*, const Tensor& x) { return transformed(x); }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext*, torch::autograd::variable_list gradients) {
    return {walsh(gradients[0])};
  }
};

}  // namespace

Tensor walsh(const Tensor& x) { return Transform::apply(x); }

Fastfood::Fastfood(int64_t size, uint64_t key, at::ScalarType type) : size_(size), length_(1) {
  while (length_ < size) length_ *= 2;
  Tensor signs = at::empty({length_}, at::kDouble), gains = at::empty({length_}, at::kDouble);
  RandomStream flips(derive_key(key, "signs")), normals(derive_key(key, "gains"));
  double squares = 0;
  for (int64_t i = 0; i < length_; ++i) {
    signs.data_ptr<double>()[i] = flips.bits() % 2 == 0 ? 1 : -1;
    const double g = normals.normal();
    gains.data_ptr<double>()[i] = g;
    squares += g * g;
  }
  const auto l = double(length_);
  gains /= std::sqrt(l * squares) * std::sqrt(double(size) / l);
  const std::vector<int64_t> order = permutation(length_, derive_key(key, "order"));
  order_ = at::tensor(order, at::kLong).to(at::kInt);
  signs_ = signs.to(type);
  gains_ = gains.to(type);
}

Tensor Fastfood::operator()(const Tensor& v) const {
  const int64_t used = std::min(v.numel(), length_);
  const Tensor filled = at::constant_pad_nd(v.narrow(0, 0, used), {0, length_ - used});
  return walsh(gains_ * walsh(signs_ * filled).index_select(0, order_)).narrow(0, 0, size_);
}

}  // namespace espalier
