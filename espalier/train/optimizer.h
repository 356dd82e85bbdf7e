// Optimizer: from gradients to new leaves. Made from options, then bound to the parameters that it trains.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "espalier/base/registry.h"
#include "espalier/nn/parameter.h"

namespace espalier {

/// Tensors by name: what checkpoints hold.
using NamedTensors = std::map<std::string, Tensor>;

/// What every optimizer's options share: the peak rate, weight decay, and factors of both by path.
struct OptimizerOptions {
  double learning_rate = 5e-4;
  double weight_decay = 0;
  bool decay_bias_and_norm = false;
  std::map<std::string, double> rates;
  void fields(Fields& f) {
    f("learning_rate", learning_rate).above(0).help("the highest rate of the schedule");
    f("weight_decay", weight_decay).at_least(0).help("decoupled from the gradient, except in sgd");
    f("decay_bias_and_norm", decay_bias_and_norm).help("whether biases and norms decay too");
    f("rates", rates).at_least(0).help("pattern of parameter paths -> factor of the rate; the last that matches counts");
  }
};

class Optimizer {
 public:
  explicit Optimizer(OptimizerOptions options) : shared_(std::move(options)) {}
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// Once, before the first step. A pattern in `rates` that matches none of them is a usage Error.
  void bind(std::span<Parameter* const> trained);
  /// One update at `learning_rate` (that of the schedule); parameters without a gradient keep value and state.
  void step(double learning_rate);
  double learning_rate() const { return shared_.learning_rate; }  ///< the peak, for the schedule to scale

  /// "<parameter path>.exp_avg", …: all that is needed to go on bit for bit. The tensors are the optimizer's own, not copies.
  NamedTensors state() const;
  /// Takes what state() gave; missing, extra and wrongly shaped tensors are refused at once.
  void load_state(const NamedTensors& state);

 protected:
  struct Slot {
    Parameter* parameter;
    double decay = 0, rate = 1;
    int64_t step = 0;
    std::map<std::string, Tensor> state;  ///< by short name: "exp_avg"
  };
  /// Makes the tensors of Slot::state, all zero.
  virtual void prepare(Slot& slot) const = 0;
  /// `slot.step` already counts this update.
  virtual void update(Slot& slot, const Tensor& gradient, double learning_rate) = 0;

 private:
  OptimizerOptions shared_;
  std::vector<Slot> slots_;
};

/// adamw sgd adafactor
const Registry<Optimizer>& optimizers();

}  // namespace espalier
