// LinearUpdates: methods that add a linear map beside linear sites, y = W x + b + Δ x (+ β), and so can be written into W and b.
#pragma once

#include <memory>
#include <vector>

#include "espalier/models/modifier.h"
#include "espalier/nn/linear.h"
#include "espalier/peft/merged_leaves.h"

namespace espalier {

/// What stands at one linear site: a place of its own, so that gates and masks reach it.
class LinearUpdate : public Module {
 public:
  LinearUpdate(Module& parent, Linear& linear) : Module(parent, linear.path()), base(linear) {}
  Tensor operator()(const Tensor& x, Pass& pass) const;       ///< Δ x + β: [N, in] -> [N, out]
  virtual Tensor matrix(Pass& pass) const = 0;                ///< Δ as the forward uses it, [out, in] in double
  virtual const Parameter* shift() const { return nullptr; }  ///< β [out], or null

  Linear& base;
  Site site{*this, Unit::delta};

 protected:
  virtual Tensor update(const Tensor& x, Pass& pass) const = 0;
};

class LinearUpdates : public Modifier {
 public:
  using Modifier::Modifier;
  void detach(Model& model) override;
  /// W + Δ and b + β, summed in double and rounded once.
  bool merge(Model& model) override;
  void unmerge(Model& model) override;
  bool merged() const override { return !merged_.empty(); }
  /// Their factors are shared, or read through products of their own, which no recorder sees.
  PerExample per_example() const override { return PerExample::loop; }

 protected:
  /// Keeps the update and adds it to what its base gives.
  template <class Update>
  Update& add(std::unique_ptr<Update> update) {
    Update& added = *update;
    updates_.push_back(std::move(update));
    wrap(added);
    return added;
  }

 private:
  void wrap(LinearUpdate& update);
  void check_mergeable() const;
  std::vector<std::unique_ptr<LinearUpdate>> updates_;
  MergedLeaves merged_;
};

}  // namespace espalier
