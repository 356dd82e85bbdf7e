#include "espalier/peft/linear_updates.h"

#include "espalier/base/error.h"
#include "espalier/nn/tensor.h"

namespace espalier {

Tensor LinearUpdate::operator()(const Tensor& x, Pass& pass) const {
  return site.run(x, pass, [&](const Tensor& input) {
    const Tensor y = update(input, pass);
    return shift() != nullptr ? y + (*shift())(pass) : y;
  });
}

void LinearUpdates::wrap(LinearUpdate& update) {
  hold(update.base.site.wrap(WrapOrder::delta, name(), [&update, this](const Tensor& x, Next next, Pass& pass) {
    if (!enabled() || merged()) return next(x);
    return next(x) + update(x, pass);
  }));
}

void LinearUpdates::detach(Model& model) {
  if (merged()) unmerge(model);
  Modifier::detach(model);
}

void LinearUpdates::check_mergeable() const {
  Problems problems;
  for (const auto& update : updates_) {
    const std::string& place = update->base.path();
    if (update->base.tied()) problems.add(place, "its weight belongs to another place too");
    const auto check = [&](const Parameter* p, const char* what) {
      if (p == nullptr) return;
      for (const std::string& label : p->edit_labels()) problems.add(place, fmt::format("its {} is edited by '{}'", what, label));
    };
    check(&update->base.weight(), "weight");
    if (update->shift() != nullptr) {
      const Parameter* bias = update->base.bias();
      check(bias, "bias");
      if (bias == nullptr || !bias->defined()) {
        problems.add(place, "has no bias that could take the method's", "train it without a bias");
      }
    }
    update->each_site([&](Site& s) {
      for (const std::string& label : s.wrap_labels()) problems.add(s.path(), fmt::format("is wrapped by '{}'", label));
    });
  }
  problems.raise(ErrorKind::unsupported, fmt::format("'{}' cannot be merged: the result would not equal the forward", name()));
}

bool LinearUpdates::merge(Model&) {
  if (merged()) return true;
  if (!enabled()) {
    throw usage_error("'{}' is switched off: merging it would change the answers", name()).hint("switch it on, or remove it");
  }
  check_mergeable();
  at::NoGradGuard no_gradient;
  Pass pass;
  for (const auto& update : updates_) {
    Parameter& weight = update->base.weight();
    merged_.put(weight, weight.leaf().to(at::kDouble) + update->matrix(pass));
    if (update->shift() == nullptr) continue;
    Parameter& bias = *update->base.bias();
    merged_.put(bias, bias.leaf().to(at::kDouble) + (*update->shift())(pass).to(at::kDouble));
  }
  return true;
}

void LinearUpdates::unmerge(Model&) { merged_.back(name()); }

}  // namespace espalier
