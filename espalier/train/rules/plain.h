// Plain gradients: of the mean loss over all examples of a step, however it is cut into micro-batches.
#pragma once

#include "espalier/train/rule.h"

namespace espalier {

struct PlainOptions {
  void fields(Fields&) {}
};

class PlainRule final : public GradientRule {
 public:
  explicit PlainRule(PlainOptions = {}) {}
  StepLoss gradients(Model& model, Objective& objective, std::span<const Batch> micro_batches, const Pass& pass,
                     std::span<Parameter* const> trained) override;
};

}  // namespace espalier
