// GradientRule: how gradients come to be. They land in leaf().mutable_grad() of the trained parameters.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "espalier/base/registry.h"
#include "espalier/nn/batch.h"
#include "espalier/nn/pass.h"

namespace espalier {

class Model;
class Objective;
class Parameter;

/// The loss of one step over all its micro-batches.
struct StepLoss {
  double sum = 0, count = 0;
  int64_t examples = 0, tokens = 0;
  std::vector<int64_t> broken;  ///< Batch::examples whose loss is not finite
  double mean() const { return count > 0 ? sum / count : 0; }
};

class GradientRule {
 public:
  virtual ~GradientRule() = default;
  /// Replaces the gradients of `trained` by those of the mean loss over all micro-batches. `pass` is the start of each forward
  /// trip; the number of the micro-batch is set by the rule.
  virtual StepLoss gradients(Model& model, Objective& objective, std::span<const Batch> micro_batches, const Pass& pass,
                             std::span<Parameter* const> trained) = 0;
};

/// plain
const Registry<GradientRule>& rules();

}  // namespace espalier
