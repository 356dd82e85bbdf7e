// Random maps from a small space into that of a tensor: the Walsh-Hadamard transform, and Fastfood on it (Le et al. 2013).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace espalier {

/// The unnormalised transform over the one axis, whose length is a power of two; differentiable, its own transpose.
at::Tensor walsh(const at::Tensor& x);

/// P v = [H (g ⊙ Π H (b ⊙ v))]₁..D / (√(L Σ g²) √(D / L)), L the power of two from D up, v cut or filled with zeros to L; b
/// random signs, Π a permutation, g ~ N(0, 1), all of `key`. ‖P v‖ is about ‖v‖.
class Fastfood {
 public:
  Fastfood(int64_t size, uint64_t key, at::ScalarType type);
  at::Tensor operator()(const at::Tensor& v) const;  ///< [d] -> [D]

 private:
  int64_t size_, length_;
  at::Tensor signs_, order_, gains_;  // [L] each; gains_ holds the divisor
};

}  // namespace espalier
