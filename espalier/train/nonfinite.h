// Numbers that are not finite: which one came first in a step, and how many such steps a run may pass over.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace espalier {

class Parameter;
struct StepLoss;

struct Broken {
  bool loss = false;      ///< the loss; else a gradient
  bool value = false;     ///< the parameter itself, so that no later step can be right
  std::string parameter;  ///< the first of those that are trained; "" where the loss alone is broken
  /// "the loss is not finite, and neither is encoder.1.ffn.up.bias"
  std::string text() const;
};

/// What is broken in a step, after its gradients and before its update; nullopt when everything is finite. `norm` is that of all
/// gradients, so nothing is looked through where loss and norm are finite.
std::optional<Broken> find_broken(const StepLoss& loss, double norm, std::span<Parameter* const> trained);

/// "stop" is 0 and "skip:3" is 3; else a usage Error at `place`.
int64_t skips_of(const std::string& on_nonfinite, const std::string& place);

}  // namespace espalier
