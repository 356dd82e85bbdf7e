#include "espalier/nn/kernels/frozen_linear.h"
#include "espalier/nn/op.h"
#include "espalier/nn/op_record.h"

namespace espalier::op {
namespace {

bool frozen(const Parameter* parameter) { return parameter == nullptr || (!parameter->trained() && !parameter->edited()); }

// Below this extent a bf16 product saves nothing: the casts cost more than the thin product.
constexpr int64_t kThin = 64;

Tensor trained_linear(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias, const Pass& pass) {
  const bool wide = weight.size(0) >= kThin && weight.size(1) >= kThin;
  if (pass.precision == Precision::bf16 && wide && x.scalar_type() == at::kFloat) {
    const Tensor y =
        at::linear(x.to(at::kBFloat16), weight.to(at::kBFloat16), bias ? std::optional<Tensor>(bias->to(at::kBFloat16)) : bias);
    return y.to(at::kFloat);
  }
  return at::linear(x, weight, bias);
}

}  // namespace

Tensor linear(const Tensor& x, const Parameter& weight, const Parameter* bias, Pass& pass) {
  Tensor y;
  if (!pass.composed && frozen(&weight) && frozen(bias) && kernels::can_pack(x, weight)) {
    y = kernels::frozen_linear(x, weight, bias, pass.precision);
  } else {
    y = trained_linear(x, weight(pass), bias != nullptr ? std::optional<Tensor>((*bias)(pass)) : std::nullopt, pass);
  }
  record({PrimitiveKind::linear, &weight, bias, x, nullptr, x.size(0) * weight.size()}, y, pass);
  return y;
}

}  // namespace espalier::op
