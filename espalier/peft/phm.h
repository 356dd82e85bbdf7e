// Parametrised hypercomplex map: y = x Σᵢ Aᵢ ⊗ Bᵢ + b, Aᵢ [n, n], Bᵢ [in/n, out/n], of rank r: Bᵢ = sᵢ tᵢ.
// Zhang et al. 2021; Mahabadi et al. 2021 (Compacter), eqs. 5-7. n = 1 without A: y = x s t + b.
#pragma once

#include <memory>
#include <string>

#include "espalier/nn/module.h"
#include "espalier/nn/parameter.h"

namespace espalier {

struct PhmShape {
  int64_t divisions = 4;  ///< n; 1 = no A
  int64_t rank = 1;       ///< r; 0 = Bᵢ whole
};

class PhmLinear : public Module {
 public:
  /// `rule`: the A that all share, [n, n, n]; nullptr = its own, or none where n = 1.
  PhmLinear(Module& parent, std::string_view name, int64_t in, int64_t out, PhmShape shape, Parameter* rule);
  /// x [N, in] -> [N, out]; by factors or through the matrix, whichever takes fewer operations.
  Tensor operator()(const Tensor& x, Pass& pass) const;
  Tensor by_factors(const Tensor& x, Pass& pass) const;  ///< x Σ Aᵢ ⊗ Bᵢ without the matrix; rank > 0
  Tensor matrix(Pass& pass) const;                       ///< Σ Aᵢ ⊗ Bᵢ, [in, out]
  /// `factors`: "glorot_uniform" (gain √2, each i apart), "glorot_normal" or "normal" with `deviation`; the bias is zero.
  void start(const std::string& factors, double deviation, uint64_t seed, at::ScalarType type);
  Parameter* own_rule() { return own_rule_.get(); }

 private:
  bool factors_are_cheaper(int64_t rows) const;

  int64_t in_, out_;
  PhmShape shape_;
  std::unique_ptr<Parameter> own_rule_;
  Parameter* rule_;
  std::unique_ptr<Parameter> left_, right_, whole_;  // s [n, in/n, r] and t [n, r, out/n], or B [n, in/n, out/n]
  Parameter bias_;
};

/// Numbers of one map: r (in + out) or in out / n, the bias, and n³ for a rule of its own.
int64_t phm_size(int64_t in, int64_t out, PhmShape shape, bool own_rule);

}  // namespace espalier
