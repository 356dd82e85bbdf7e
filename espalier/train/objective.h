// Objective: what a step lowers. It gives sums and counts of each example, never a mean, since accumulation, data-parallel
// training and differential privacy each normalise differently.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

#include "espalier/base/registry.h"
#include "espalier/nn/batch.h"
#include "espalier/nn/pass.h"

namespace espalier {

class Model;

struct Losses {
  Tensor sums;    ///< [B] loss of each example, summed over its terms; differentiable
  Tensor counts;  ///< [B] what the sums are divided by: terms, or the sum of their weights; no gradient
};

class Objective {
 public:
  virtual ~Objective() = default;
  /// One forward trip and its loss.
  Losses operator()(Model& model, const Batch& batch, Pass& pass);
  /// The loss of an output that is already there: evaluation needs both.
  virtual Losses of(const Tensor& output, const Batch& batch) const = 0;
};

/// cross_entropy mse bce token_cross_entropy masked_lm causal_lm cosine
const Registry<Objective>& objectives();

}  // namespace espalier
