#include "espalier/peft/lora.h"

#include <cmath>

#include "espalier/base/pattern.h"
#include "espalier/models/model.h"
#include "espalier/nn/init.h"
#include "espalier/nn/tensor.h"

namespace espalier {

void LoraOptions::fields(Fields& f) {
  f("name", name).help("its name among the attached methods");
  f("sites", sites).help("pattern of the linear sites that receive an update");
  f("rank", rank).at_least(1).help("r, the rank of the update");
  f("alpha", alpha).above(0).help("the update is scaled by alpha / r");
  f("dropout", dropout).between(0, 1).help("dropout on the update's input");
  f("rslora", rslora).help("scale by alpha / sqrt(r) instead");
  f("rank_pattern", rank_pattern).at_least(1).help("pattern of sites -> their own rank");
  f("alpha_pattern", alpha_pattern).above(0).help("pattern of sites -> their own alpha");
}

LoraPair::LoraPair(Module& parent, Linear& linear, int64_t r, double a, double s, double dropout)
    : Module(parent, linear.path()),
      base(linear),
      rank(r),
      alpha(a),
      scale(s),
      drop(*this, "drop", dropout),
      down(*this, "down", linear.in(), r, false),
      up(*this, "up", r, linear.out(), false) {}

Tensor LoraPair::operator()(const Tensor& x, Pass& pass) const {
  return site.run(x, pass, [&](const Tensor& input) { return up(down(drop(input, pass), pass) * scale, pass); });
}

Tensor LoraPair::update(Pass& pass) const {
  return at::mm(up.weight()(pass).to(at::kDouble), down.weight()(pass).to(at::kDouble)) * scale;
}

Lora::Lora(LoraOptions options) : Modifier(options.name), options_(std::move(options)) {}

Value Lora::options() const { return write_options(options_); }

int64_t Lora::rank_of(const std::string& path) const {
  for (const auto& [pattern, rank] : options_.rank_pattern) {
    if (Pattern(pattern).matches(path)) return rank;
  }
  return options_.rank;
}

double Lora::alpha_of(const std::string& path) const {
  for (const auto& [pattern, alpha] : options_.alpha_pattern) {
    if (Pattern(pattern).matches(path)) return alpha;
  }
  return options_.alpha;
}

void Lora::attach(Model& model, uint64_t seed) {
  for (Linear* base : model.linears(options_.sites)) {
    const int64_t rank = rank_of(base->path());
    const double alpha = alpha_of(base->path());
    const double scale = alpha / (options_.rslora ? std::sqrt(double(rank)) : double(rank));
    LoraPair& pair = *pairs_.emplace_back(std::make_unique<LoraPair>(*this, *base, rank, alpha, scale, options_.dropout));
    init::kaiming_uniform(pair.down.weight(), seed, model.dtype());
    init::constant(pair.up.weight(), 0, model.dtype());
    hold(base->site.wrap(WrapOrder::delta, name(), [&pair, this](const Tensor& x, Next next, Pass& pass) {
      if (!enabled() || merged()) return next(x);
      return next(x) + pair(x, pass);
    }));
  }
}

void Lora::detach(Model& model) {
  if (merged()) unmerge(model);
  Modifier::detach(model);
}

void Lora::check_mergeable() const {
  Problems problems;
  for (const auto& pair : pairs_) {
    if (pair->base.tied()) problems.add(pair->base.path(), "its weight belongs to another place too");
    for (const std::string& label : pair->base.weight().edit_labels()) {
      problems.add(pair->base.path(), fmt::format("its weight is edited by '{}'", label));
    }
    pair->each_site([&](Site& s) {
      for (const std::string& label : s.wrap_labels()) problems.add(s.path(), fmt::format("is wrapped by '{}'", label));
    });
  }
  problems.raise(ErrorKind::unsupported, fmt::format("'{}' cannot be merged: the result would not equal the forward", name()));
}

bool Lora::merge(Model&) {
  if (merged()) return true;
  check_mergeable();
  at::NoGradGuard no_gradient;
  Pass pass;
  for (const auto& pair : pairs_) {
    Parameter& weight = pair->base.weight();
    const Tensor merged = (weight.leaf().to(at::kDouble) + pair->update(pass)).to(weight.leaf().scalar_type());
    originals_.push_back({weight.leaf(), merged, weight.mapped});
    weight.set(merged);
  }
  return true;
}

void Lora::unmerge(Model&) {
  for (size_t i = 0; i < originals_.size(); ++i) {
    if (!pairs_[i]->base.weight().leaf().is_same(originals_[i].merged)) {
      throw usage_error("'{}' cannot be unmerged: the weight was changed since", name())
          .at(pairs_[i]->base.path())
          .hint("unmerge what was merged later first");
    }
  }
  for (size_t i = 0; i < originals_.size(); ++i) {
    Parameter& weight = pairs_[i]->base.weight();
    weight.set(originals_[i].leaf);
    weight.mapped = originals_[i].mapped;
  }
  originals_.clear();
}

int64_t Lora::expected_size(Model& model) const {
  int64_t size = 0;
  for (Linear* base : model.linears(options_.sites)) size += rank_of(base->path()) * (base->in() + base->out());
  return size;
}

}  // namespace espalier
