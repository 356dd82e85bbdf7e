#include "espalier/nn/kernels/vector.h"
#include "espalier/nn/op.h"
#include "espalier/nn/tensor.h"

namespace espalier::op {
namespace {

constexpr int64_t kBlock = 64, kGrain = 4096;

void drop(const float* x, float* y, int64_t first, int64_t last, const kernels::Keep& keep, float) {
  kernels::vector_kernels().drop(x + first, y + first, first, last - first, keep);
}
/// Other dtypes by the same words.
template <class T>
void drop(const T* x, T* y, int64_t first, int64_t last, const kernels::Keep& keep, T factor) {
  uint32_t words[kBlock];
  for (int64_t start = first; start < last; start += kBlock) {
    kernels::vector_kernels().keep_words(keep.key, uint64_t(start / kBlock), words);
    for (int64_t i = start; i < std::min(last, start + kBlock); ++i)
      y[i] = words[i - start] >= keep.threshold ? x[i] * factor : 0;
  }
}

Tensor masked(const Tensor& x, double probability, uint64_t key) {
  const Tensor source = x.contiguous();
  Tensor y = at::empty_like(source);
  const kernels::Keep keep = kernels::make_keep(probability, key);
  const int64_t size = source.numel(), blocks = (size + kBlock - 1) / kBlock;
  AT_DISPATCH_FLOATING_TYPES(source.scalar_type(), "dropout", [&] {
    const scalar_t* in = source.const_data_ptr<scalar_t>();
    scalar_t* out = y.data_ptr<scalar_t>();
    at::parallel_for(0, blocks, kGrain / kBlock, [&](int64_t begin, int64_t end) {
      const int64_t first = begin * kBlock, last = std::min(size, end * kBlock);
      drop(in, out, first, last, keep, scalar_t(1.0 / (1.0 - probability)));
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
