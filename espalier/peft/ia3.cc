#include "espalier/peft/ia3.h"

#include "espalier/base/pattern.h"
#include "espalier/models/model.h"
#include "espalier/nn/init.h"
#include "espalier/nn/op.h"
#include "espalier/nn/tensor.h"

namespace espalier {

void Ia3Options::fields(Fields& f) {
  f("name", name).help("its name among the attached methods");
  f("sites", sites).help("pattern of the linear sites that get a vector");
  f("inputs", inputs).help("pattern of those whose input is scaled instead of their output; empty = none");
}

Ia3Scale::Ia3Scale(Module& parent, Linear& linear, bool input)
    : Module(parent, linear.path()), base(linear), of_input(input), scale(*this, "scale", {input ? linear.in() : linear.out()}) {}

Tensor Ia3Scale::wrapped(const Tensor& x, Next next, Pass& pass) const {
  return of_input ? next(op::scale(x, scale, pass)) : op::scale(next(x), scale, pass);
}

Ia3::Ia3(Ia3Options options) : Modifier(options.name), options_(std::move(options)) {}

Value Ia3::options() const { return write_options(options_); }

bool Ia3::scales_input(const Linear& base) const {
  return !options_.inputs.empty() && Pattern(options_.inputs).matches(base.path());
}

void Ia3::attach(Model& model, uint64_t) {
  for (Linear* base : model.linears(options_.sites)) {
    Ia3Scale& scale = *scales_.emplace_back(std::make_unique<Ia3Scale>(*this, *base, scales_input(*base)));
    init::constant(scale.scale, 1, model.dtype());
    hold(base->site.wrap(WrapOrder::gate, name(), [&scale, this](const Tensor& x, Next next, Pass& pass) {
      return enabled() && !merged() ? scale.wrapped(x, next, pass) : next(x);
    }));
  }
}

void Ia3::detach(Model& model) {
  if (merged()) unmerge(model);
  Modifier::detach(model);
}

bool Ia3::merge(Model& model) {
  if (merged()) return true;
  if (!enabled()) {
    throw usage_error("'{}' is switched off: merging it would change the answers", name()).hint("switch it on, or remove it");
  }
  Problems problems;
  for (const auto& scale : scales_) {
    Linear& base = scale->base;
    if (base.tied()) problems.add(base.path(), "its weight belongs to another place too");
    for (const Parameter* p : {static_cast<const Parameter*>(&base.weight()), static_cast<const Parameter*>(base.bias())}) {
      if (p == nullptr) continue;
      for (const std::string& label : p->edit_labels()) problems.add(p->path(), fmt::format("is edited by '{}'", label));
    }
    add_foreign_wraps(problems, model, base.site, name());
  }
  problems.raise(ErrorKind::unsupported, fmt::format("'{}' cannot be merged: the result would not equal the forward", name()));
  at::NoGradGuard no_gradient;
  Pass pass;
  for (const auto& scale : scales_) {
    const Tensor l = scale->scale(pass).to(at::kDouble);
    Parameter& weight = scale->base.weight();
    merged_.put(weight, weight.leaf().to(at::kDouble) * (scale->of_input ? l : l.unsqueeze(1)));
    Parameter* bias = scale->base.bias();
    if (bias != nullptr && bias->defined() && !scale->of_input) merged_.put(*bias, bias->leaf().to(at::kDouble) * l);
  }
  return true;
}

void Ia3::unmerge(Model&) { merged_.back(name()); }

int64_t Ia3::expected_size(Model& model) const {
  int64_t size = 0;
  for (const Linear* base : model.linears(options_.sites)) size += scales_input(*base) ? base->in() : base->out();
  return size;
}

}  // namespace espalier
