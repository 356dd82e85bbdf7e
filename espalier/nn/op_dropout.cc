#include "espalier/nn/kernels/dropout.h"
#include "espalier/nn/op.h"
#include "espalier/nn/tensor.h"

namespace espalier::op {
namespace {

Tensor masked(const Tensor& x, double probability, uint64_t key) {
  const Tensor source = x.contiguous();
  Tensor y = at::empty_like(source);
  const auto threshold = uint32_t(probability * 4294967296.0);
  const int64_t size = source.numel(), blocks = (size + kernels::kDropoutBlock - 1) / kernels::kDropoutBlock;
  AT_DISPATCH_FLOATING_TYPES(source.scalar_type(), "dropout", [&] {
    const scalar_t* in = source.const_data_ptr<scalar_t>();
    scalar_t* out = y.data_ptr<scalar_t>();
    at::parallel_for(0, blocks, 512, [&](int64_t begin, int64_t end) {
      kernels::dropout(in, out, begin * kernels::kDropoutBlock, std::min(size, end * kernels::kDropoutBlock), key, threshold,
                       scalar_t(1.0 / (1.0 - probability)));
    });
  });
  return y;
}

struct Dropout : torch::autograd::Function<Dropout> {
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& x, double probability, uint64_t key) {
    at::AutoDispatchBelowADInplaceOrView below;
    context->saved_data["probability"] = probability;
    context->saved_data["key"] = int64_t(key);
    return masked(x, probability, key);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const double probability = context->saved_data["probability"].toDouble();
    const auto key = uint64_t(context->saved_data["key"].toInt());
    return {Dropout::apply(gradients[0], probability, key), Tensor(), Tensor()};
  }
};

}  // namespace

Tensor dropout(const Tensor& x, double probability, uint64_t key, Pass& pass) {
  if (!pass.train || probability <= 0) return x;
  if (probability >= 1) return x * 0;
  return Dropout::apply(x, probability, key);
}

}  // namespace espalier::op
