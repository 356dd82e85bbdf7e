#include "espalier/train/optimizer.h"

#include <algorithm>

#include "espalier/base/pattern.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

bool is_bias_or_norm(const std::string& path) {
  const size_t dot = path.find_last_of("./");
  const std::string owner = dot == std::string::npos ? "" : path.substr(0, dot);
  return path.substr(dot + 1) == "bias" || owner.ends_with("norm");  // npos + 1 is 0
}

}  // namespace

void Optimizer::bind(std::span<Parameter* const> trained) {
  if (!slots_.empty()) throw bug_error("an optimizer was bound twice");
  std::vector<std::string> paths;
  for (Parameter* parameter : trained) paths.push_back(parameter->path());
  std::vector<double> rates(trained.size(), 1);
  for (const auto& [text, factor] : shared_.rates) {
    const std::vector<size_t> found = Pattern(text).select(paths);
    if (found.empty()) {
      throw usage_error("the pattern '{}' matches no trained parameter{}", text, did_you_mean(text, paths)).at("optimizer.rates");
    }
    for (size_t i : found) rates[i] = factor;
  }
  at::NoGradGuard no_grad;
  for (size_t i = 0; i < trained.size(); ++i) {
    const bool decays = shared_.decay_bias_and_norm || !is_bias_or_norm(paths[i]);
    slots_.push_back({.parameter = trained[i], .decay = decays ? shared_.weight_decay : 0, .rate = rates[i]});
    prepare(slots_.back());
  }
}

void Optimizer::step(double learning_rate) {
  at::NoGradGuard no_grad;
  for (Slot& slot : slots_) {
    const Tensor& gradient = slot.parameter->leaf().grad();
    if (!gradient.defined()) continue;
    ++slot.step;
    update(slot, gradient, learning_rate * slot.rate);
  }
}

NamedTensors Optimizer::state() const {
  NamedTensors all;
  for (const Slot& slot : slots_) {
    const std::string& path = slot.parameter->path();
    all[path + ".step"] = at::scalar_tensor(slot.step, at::kLong);
    for (const auto& [name, tensor] : slot.state) all[path + "." + name] = tensor;
  }
  return all;
}

void Optimizer::load_state(const NamedTensors& state) {
  Problems problems;
  const NamedTensors own = this->state();
  for (const auto& [name, tensor] : own) {
    auto found = state.find(name);
    if (found == state.end()) {
      problems.add(name, "missing");
    } else if (found->second.sizes() != tensor.sizes() || found->second.scalar_type() != tensor.scalar_type()) {
      problems.add(name,
                   fmt::format("{} {}; expected {} {}", toString(found->second.scalar_type()), shape_text(found->second.sizes()),
                               toString(tensor.scalar_type()), shape_text(tensor.sizes())));
    }
  }
  for (const auto& [name, tensor] : state) {
    if (!own.contains(name)) problems.add(name, "belongs to no trained parameter");
  }
  problems.raise(ErrorKind::data, "the optimizer's state does not fit what is trained");
  for (Slot& slot : slots_) {
    const std::string& path = slot.parameter->path();
    slot.step = state.at(path + ".step").item<int64_t>();
    for (auto& [name, tensor] : slot.state) tensor.copy_(state.at(path + "." + name));
  }
}

}  // namespace espalier
