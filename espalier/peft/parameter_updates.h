// ParameterUpdates: methods that add to any of the base's parameters, θ = θ₀ + Δ, norms and tables too.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "espalier/models/modifier.h"
#include "espalier/peft/merged_leaves.h"

namespace espalier {

class ParameterUpdates : public Modifier {
 public:
  using Modifier::Modifier;
  void detach(Model& model) override;
  /// θ₀ + Δ, summed in double and rounded once. A mask or quantiser of θ works on the sum, merged or not.
  bool merge(Model& model) override;
  void unmerge(Model& model) override;
  bool merged() const override { return !merged_.empty(); }
  PerExample per_example() const override { return PerExample::loop; }

 protected:
  /// Parameters of the backbone that the pattern names; a usage Error where it names none. Without a leaf are those that the
  /// file lacks and nobody uses; of a model made from its configuration alone, all, and all are given.
  std::vector<Parameter*> chosen(Model& model, const std::string& pattern) const;
  /// `update` gives Δ in the parameter's shape.
  void add(Parameter& base, std::function<Tensor(Pass& pass)> update);

 private:
  struct Entry {
    Parameter* base;
    std::function<Tensor(Pass&)> update;
  };
  std::vector<Entry> entries_;
  MergedLeaves merged_;
};

}  // namespace espalier
