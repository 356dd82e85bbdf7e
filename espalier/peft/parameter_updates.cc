#include "espalier/peft/parameter_updates.h"

#include "espalier/base/error.h"
#include "espalier/base/pattern.h"
#include "espalier/models/model.h"
#include "espalier/nn/tensor.h"

namespace espalier {

std::vector<Parameter*> ParameterUpdates::chosen(Model& model, const std::string& pattern) const {
  const bool loaded = !model.base_parameters().empty();
  std::vector<Parameter*> base, found;
  std::vector<std::string> paths;
  model.backbone().each_parameter([&](Parameter& p) {
    if (loaded && !p.defined()) return;
    base.push_back(&p);
    paths.push_back(p.path());
  });
  for (const size_t i : Pattern(pattern).select(paths)) found.push_back(base[i]);
  if (found.empty()) {
    throw usage_error("the pattern '{}' of '{}' matches no parameter of the base", pattern, name())
        .hint("`espalier show sites --model DIR` lists the places");
  }
  return found;
}

void ParameterUpdates::add(Parameter& base, std::function<Tensor(Pass&)> update) {
  const size_t at = entries_.size();
  entries_.push_back({&base, std::move(update)});
  hold(base.edit(EditOrder::update, name(), [at, this](const Tensor& value, Pass& pass) {
    return enabled() && !merged() ? value + entries_[at].update(pass) : value;
  }));
}

void ParameterUpdates::detach(Model& model) {
  if (merged()) unmerge(model);
  Modifier::detach(model);
}

bool ParameterUpdates::merge(Model&) {
  if (merged()) return true;
  if (!enabled()) {
    throw usage_error("'{}' is switched off: merging it would change the answers", name()).hint("switch it on, or remove it");
  }
  at::NoGradGuard no_gradient;
  Pass pass;
  std::vector<Tensor> sums;
  for (const Entry& entry : entries_) {
    sums.push_back(entry.base->leaf().detach().to(at::kDouble) + entry.update(pass).to(at::kDouble));
  }
  for (size_t i = 0; i < entries_.size(); ++i) merged_.put(*entries_[i].base, sums[i]);
  return true;
}

void ParameterUpdates::unmerge(Model&) { merged_.back(name()); }

}  // namespace espalier
