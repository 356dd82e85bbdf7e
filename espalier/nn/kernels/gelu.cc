#include "espalier/nn/kernels/gelu.h"

#include "espalier/nn/kernels/vector.h"
#include "espalier/nn/tensor.h"

namespace espalier::kernels {
namespace {

constexpr int64_t kGrain = 16384;  // numbers a thread takes at least

Tensor values(const Tensor& x, bool by_tanh) {
  const Tensor y = at::empty_like(x);
  const float* in = x.const_data_ptr<float>();
  float* out = y.mutable_data_ptr<float>();
  at::parallel_for(0, x.numel(), kGrain,
                   [&](int64_t begin, int64_t end) { vector_kernels().gelu(in + begin, out + begin, end - begin, by_tanh); });
  return y;
}

struct Gelu : torch::autograd::Function<Gelu> {
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& x, bool by_tanh) {
    at::AutoDispatchBelowADInplaceOrView below;
    context->save_for_backward({x});
    context->saved_data["by_tanh"] = by_tanh;
    return values(x, by_tanh);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    at::NoGradGuard no_gradient;
    const Tensor x = context->get_saved_variables()[0], dy = gradients[0].contiguous(), dx = at::empty_like(x);
    const bool by_tanh = context->saved_data["by_tanh"].toBool();
    const float *in = x.const_data_ptr<float>(), *slope = dy.const_data_ptr<float>();
    float* out = dx.mutable_data_ptr<float>();
    at::parallel_for(0, x.numel(), kGrain, [&](int64_t begin, int64_t end) {
      vector_kernels().gelu_backward(in + begin, slope + begin, out + begin, end - begin, by_tanh);
    });
    return {dx, Tensor()};
  }
};

}  // namespace

Tensor gelu(const Tensor& x, bool by_tanh) {
  const Tensor input = x.contiguous();
  if (at::GradMode::is_enabled() && x.requires_grad()) return Gelu::apply(input, by_tanh);
  return values(input, by_tanh);
}

}  // namespace espalier::kernels
