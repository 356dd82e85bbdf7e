// GELU (Hendrycks and Gimpel 2016): y = x Φ(x), and its tanh approximation.
#pragma once

#include "espalier/nn/kernels/vector/lanes.h"

namespace espalier::kernels {

/// Φ(x) and φ(x) of the standard normal. Φ(-a) = e^(-a²/2) t P(t) with t = 1 / (1 + 0.34 a), a >= 0: P is a fit of relative error
/// 3e-8 (tools/oracle/fit_normal.py), so the tail keeps its digits.
template <class Isa>
inline void normal(Floats<Isa> x, Floats<Isa>& cumulative, Floats<Isa>& density) {
  const Floats<Isa> a = x < Floats<Isa>{} ? -x : x;
  const Floats<Isa> t = 1.0F / (1.0F + 0.34F * a);
  const Floats<Isa> bell = exponential<Isa>(-0.5F * x * x);
  Floats<Isa> p = t * -0.0261219535F + 0.1395063251F;
  p = p * t - 0.2731461227F;
  p = p * t + 0.2021971047F;
  p = p * t - 0.0447278209F;
  p = p * t + 0.1153628901F;
  p = p * t + 0.1151967719F;
  p = p * t + 0.1361123174F;
  p = p * t + 0.1356205046F;
  const Floats<Isa> tail = bell * t * p;
  cumulative = x < Floats<Isa>{} ? tail : 1.0F - tail;
  density = bell * 0.3989422804F;
}

constexpr float kTanhRoot = 0.7978845608F, kTanhCube = 0.044715F;  // √(2/π), and the cubic term's factor

template <class Isa>
inline Floats<Isa> hyperbolic_tangent(Floats<Isa> u) {
  return 1.0F - 2.0F / (exponential<Isa>(2.0F * u) + 1.0F);
}

template <class Isa>
inline Floats<Isa> gelu(Floats<Isa> x, bool by_tanh) {
  if (by_tanh) return 0.5F * x * (1.0F + hyperbolic_tangent<Isa>(kTanhRoot * (x + kTanhCube * x * x * x)));
  Floats<Isa> cumulative, density;
  normal<Isa>(x, cumulative, density);
  return x * cumulative;
}

template <class Isa>
inline Floats<Isa> gelu_slope(Floats<Isa> x, bool by_tanh) {
  if (by_tanh) {
    const Floats<Isa> h = hyperbolic_tangent<Isa>(kTanhRoot * (x + kTanhCube * x * x * x));
    return 0.5F * (1.0F + h) + 0.5F * x * (1.0F - h * h) * kTanhRoot * (1.0F + 3.0F * kTanhCube * x * x);
  }
  Floats<Isa> cumulative, density;
  normal<Isa>(x, cumulative, density);
  return cumulative + x * density;
}

template <class Isa>
void gelu_forward(const float* x, float* y, int64_t count, bool by_tanh) {
  for (int64_t i = 0; i < count; i += Isa::kLanes) {
    store<Isa>(y + i, gelu<Isa>(load<Isa>(x + i, count - i), by_tanh), count - i);
  }
}

/// dx = dy · gelu'(x).
template <class Isa>
void gelu_backward(const float* x, const float* dy, float* dx, int64_t count, bool by_tanh) {
  for (int64_t i = 0; i < count; i += Isa::kLanes) {
    const Floats<Isa> slope = gelu_slope<Isa>(load<Isa>(x + i, count - i), by_tanh);
    store<Isa>(dx + i, load<Isa>(dy + i, count - i) * slope, count - i);
  }
}

}  // namespace espalier::kernels
