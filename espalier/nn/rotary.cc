#include "espalier/nn/rotary.h"

#include "espalier/nn/tensor.h"

namespace espalier {

Tensor rotate(const Tensor& x, const Tensor& positions, int64_t head_width, double base) {
  // The reference takes the angles in float32 whatever the model's dtype.
  const Tensor exponents = at::arange(0, head_width, 2, at::kLong).to(at::kFloat) / double(head_width);
  const Tensor speeds = at::pow(at::Scalar(base), exponents).reciprocal();            // [dh/2]
  const Tensor angles = positions.clamp_min(0).to(at::kFloat).unsqueeze(1) * speeds;  // [N, dh/2]
  const Tensor cosine = angles.cos().to(x.scalar_type()).unsqueeze(1), sine = angles.sin().to(x.scalar_type()).unsqueeze(1);
  const auto halves = x.view({x.size(0), -1, 2, head_width / 2}).unbind(2);  // [N, H, dh/2] each
  const Tensor first = halves[0] * cosine - halves[1] * sine, second = halves[1] * cosine + halves[0] * sine;
  return at::stack({first, second}, 2).view_as(x);
}

}  // namespace espalier
