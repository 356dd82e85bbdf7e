// Bottleneck: f(x) = s · up(drop(φ(down(x)))), the small network of adapters, and where it stands on a branch.
//   behind:   y' = y + f(y), y what the branch gives (after its dropout, or before)
//   join:     y' = LN(h + f(LN(h + stream)) + stream), h what the branch gives: AdapterHub's Pfeiffer
//   parallel: y' = y + f(x), x what the branch is given
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "espalier/models/modifier.h"
#include "espalier/nn/activation.h"
#include "espalier/nn/drop.h"
#include "espalier/nn/norm.h"

namespace espalier {

enum class Placement : uint8_t { after_drop, before_drop, join, parallel };
/// "after_drop", "before_drop", "join", "parallel".
Placement placement_from(const std::string& name);

struct BottleneckShape {
  int64_t in = 0, width = 0;  ///< D and m
  Placement placement = Placement::after_drop;
  Activation activation = Activation::relu;
  double scale = 1;
  bool learn_scale = false;         ///< s is trained and begins at `scale`
  bool norm_before = false;         ///< f reads a norm of its input
  std::string norm_after = "none";  ///< "update": of f's output; "sum": of the residual sum
  std::string residual = "input";   ///< what is added to f; of a join also "norm": what f reads; "none": f alone
  double dropout = 0;               ///< after φ
  double epsilon = 1e-12;           ///< of its norms
};

/// What stands on one branch: a place of its own, so that gates and masks reach it.
class Bottleneck : public Module {
 public:
  Bottleneck(Module& parent, const Site& branch, const BottleneckShape& shape);
  Tensor operator()(const Tensor& x, Pass& pass) const;  ///< f(x), [N, D] -> [N, D]
  Tensor wrapped(const Tensor& x, Next next, Pass& pass) const;
  /// The site of `branch`, of its dropout or of its join, as the placement says.
  static Site& place(Model& model, Site& branch, Placement placement);
  const BottleneckShape& shape() const { return shape_; }

  Site site{*this, Unit::delta};

 protected:
  virtual Tensor down(const Tensor& x, Pass& pass) const = 0;  ///< [N, D] -> [N, m]
  virtual Tensor up(const Tensor& x, Pass& pass) const = 0;    ///< [N, m] -> [N, D]
  /// Norms at one and zero, the scale at its start.
  void start_own(at::ScalarType type);

 private:
  Tensor sum(const Tensor& input, const Tensor& residual, Pass& pass) const;

  BottleneckShape shape_;
  Drop drop_;
  std::unique_ptr<LayerNorm> norm_before_, norm_after_;
  std::unique_ptr<Parameter> scale_;
};

/// The branches that a pattern names; a usage Error where one is no branch.
std::vector<Site*> branches(Model& model, const std::string& pattern);
/// m: `width`, or D / reduction_factor rounded down, at least `least`; a usage Error where it is above D.
int64_t bottleneck_width(int64_t width, double reduction_factor, int64_t in, int64_t least, const std::string& name);
/// Numbers of norms and scale, beside those of down and up.
int64_t bottleneck_extras(const BottleneckShape& shape);
/// Whether f(x) = 0 at the start makes the whole the base.
bool zero_is_base(const BottleneckShape& shape);

}  // namespace espalier
