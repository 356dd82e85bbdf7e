// Diff pruning: θ = θ₀ + z ⊙ δ with gates z by the hard-concrete law, whose expected number of open ones is penalised.
//   s = σ(ln u - ln(1 - u) + a), z = min(1, max(0, s (h - l) + l)); evaluated: s = σ(a).     Guo et al. 2021; Louizos et al. 2018
//   penalty: λ Σ σ(a - ln(-l / h)); structured: z is the product of a gate of the number and one of its tensor, and so is its
//   chance.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "espalier/base/fields.h"
#include "espalier/peft/parameter_updates.h"

namespace espalier {

struct DiffPruningOptions {
  std::string name = "diff_pruning";
  std::string on = "**";
  double penalty = 1.25e-7;
  double start = 5;
  double low = -1.5, high = 1.5;
  bool structured = true;
  void fields(Fields& f);
};

class DiffPruning : public ParameterUpdates {
 public:
  explicit DiffPruning(DiffPruningOptions options);
  std::string kind() const override { return "diff_pruning"; }
  Value options() const override;
  void attach(Model& model, uint64_t seed) override;
  Tensor penalty() const override;
  int64_t open() const;                                ///< numbers of δ whose gate is open where nothing is drawn
  int64_t expected_size(Model& model) const override;  ///< a δ and a gate for each number, and a gate for each tensor

 private:
  struct Diff {
    std::unique_ptr<Parameter> delta, gates, gate;  // gate [1], or null
  };
  Tensor gate_values(const Parameter& logits, Pass& pass) const;
  DiffPruningOptions options_;
  std::vector<Diff> diffs_;
};

}  // namespace espalier
