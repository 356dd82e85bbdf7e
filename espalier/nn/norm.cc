#include "espalier/nn/norm.h"

#include "espalier/nn/tensor.h"

namespace espalier {

Tensor RmsNorm::operator()(const Tensor& x, Pass& pass) const {
  return site.run(x, pass, [&](const Tensor& input) {
    return op::scale(input * at::rsqrt(input.square().mean({-1}, true) + epsilon()), weight, pass);
  });
}

std::unique_ptr<Norm> make_norm(Module& parent, std::string_view name, int64_t width, const NormOptions& options) {
  if (options.kind == NormKind::rms) return std::make_unique<RmsNorm>(parent, name, width, options.epsilon);
  return std::make_unique<LayerNorm>(parent, name, width, options.epsilon);
}

}  // namespace espalier
