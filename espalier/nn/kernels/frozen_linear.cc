#include "espalier/nn/kernels/frozen_linear.h"

#include "espalier/base/mapped_pages.h"
#include "espalier/nn/tensor.h"

namespace espalier::kernels {
namespace {

using MaybeTensor = std::optional<Tensor>;
using Attributes = c10::List<std::optional<at::Scalar>>;

/// oneDNN's product with a packed weight, reached through the dispatcher; it has no autograd of its own.
Tensor packed_product(const Tensor& x, const Tensor& packed, const MaybeTensor& bias) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("mkldnn::_linear_pointwise", "")
                             .typed<Tensor(const Tensor&, const Tensor&, const MaybeTensor&, c10::string_view, Attributes,
                                           std::optional<c10::string_view>)>();
  return op.call(x, packed, bias, "none", Attributes(), std::nullopt);
}

Tensor pack(const Tensor& weight) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("mkldnn::_reorder_linear_weight", "")
                             .typed<Tensor(const Tensor&, std::optional<int64_t>)>();
  return op.call(weight.contiguous(), std::nullopt);
}

enum class Direction : uint8_t { forward, backward };

Tensor product(const Tensor& x, const Parameter& weight, const MaybeTensor& bias, Precision precision, Direction direction) {
  const bool bf16 = precision == Precision::bf16, forward = direction == Direction::forward;
  const Form form =
      bf16 ? (forward ? Form::bf16_forward : Form::bf16_backward) : (forward ? Form::packed_forward : Form::packed_backward);
  const Tensor& packed = weight.derived(form, [&](const Tensor& leaf) {
    at::NoGradGuard no_gradient;
    const Tensor w = forward ? leaf : leaf.t();
    Tensor made = pack(bf16 ? w.to(at::kBFloat16) : w);
    if (leaf.is_contiguous()) release_mapped(leaf.const_data_ptr(), leaf.nbytes());
    return made;
  });
  if (!bf16) return packed_product(x.contiguous(), packed, bias);
  Tensor y = packed_product(x.contiguous().to(at::kBFloat16), packed, bias ? MaybeTensor(bias->to(at::kBFloat16)) : bias);
  return y.to(at::kFloat);
}

struct FrozenLinear : torch::autograd::Function<FrozenLinear> {
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& x, const Parameter* weight,
                        const MaybeTensor& bias, int64_t precision) {
    at::AutoDispatchBelowADInplaceOrView below;
    // The parameter outlives the graph: modules are never destroyed between a forward and its backward.
    context->saved_data["weight"] = reinterpret_cast<int64_t>(weight);
    context->saved_data["precision"] = precision;
    return product(x, *weight, bias, Precision(precision), Direction::forward);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto* weight = reinterpret_cast<const Parameter*>(context->saved_data["weight"].toInt());
    const auto precision = Precision(context->saved_data["precision"].toInt());
    at::NoGradGuard no_gradient;
    return {product(gradients[0], *weight, std::nullopt, precision, Direction::backward), Tensor(), Tensor(), Tensor()};
  }
};

}  // namespace

bool can_pack(const Tensor& x, const Parameter& weight) {
  return x.is_cpu() && x.scalar_type() == at::kFloat && weight.leaf().scalar_type() == at::kFloat && x.dim() == 2 &&
         at::globalContext().userEnabledMkldnn() && at::globalContext().hasMKLDNN();
}

Tensor frozen_linear(const Tensor& x, const Parameter& weight, const Parameter* bias, Precision precision) {
  const MaybeTensor b = bias != nullptr ? MaybeTensor(bias->leaf()) : std::nullopt;
  if (at::GradMode::is_enabled() && x.requires_grad()) return FrozenLinear::apply(x, &weight, b, int64_t(precision));
  at::NoGradGuard no_gradient;
  return product(x, weight, b, precision, Direction::forward);
}

}  // namespace espalier::kernels
