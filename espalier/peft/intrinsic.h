// Intrinsic dimension: all parameters of the base move in one random subspace, θᵢ = θᵢ⁰ + λᵢ Pᵢ v, Pᵢ by Fastfood.
//   said  λᵢ, one for each tensor, trains too; d' = |v| + |λ|     Aghajanyan et al. 2021
//   did   λᵢ = 1; d' = |v|                                        Li et al. 2018
// v = 0 and λ = 1 at the start. P is drawn from the seed and the parameter's path and is stored nowhere. The authors' code counts
// one λ more than it uses, and its backward is 1 / Lᵢ of the gradient of tensor i; ours is the gradient.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "espalier/base/fields.h"
#include "espalier/nn/walsh.h"
#include "espalier/peft/parameter_updates.h"

namespace espalier {

struct IntrinsicOptions {
  std::string name = "intrinsic";
  std::string form = "said";
  std::string on = "**";
  int64_t dimension = 20000;
  int64_t projection_seed = 1;
  void fields(Fields& f);
};

class Intrinsic : public ParameterUpdates {
 public:
  explicit Intrinsic(IntrinsicOptions options);
  std::string kind() const override { return "intrinsic"; }
  Value options() const override;
  void attach(Model& model, uint64_t seed) override;
  int64_t expected_size(Model& model) const override;  ///< d'
  Parameter& vector() { return *vector_; }             ///< v
  Parameter* scales() { return scales_.get(); }        ///< λ [tensors], or null
  const std::vector<Fastfood>& projections() const { return projections_; }

 private:
  int64_t vector_size(int64_t tensors) const;
  IntrinsicOptions options_;
  std::unique_ptr<Parameter> vector_, scales_;
  std::vector<Fastfood> projections_;
};

}  // namespace espalier
