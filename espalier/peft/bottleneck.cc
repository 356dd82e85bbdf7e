#include "espalier/peft/bottleneck.h"

#include <algorithm>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/models/model.h"
#include "espalier/nn/init.h"
#include "espalier/nn/tensor.h"

namespace espalier {

Placement placement_from(const std::string& name) {
  static const std::vector<std::pair<std::string, Placement>> kNames = {{"after_drop", Placement::after_drop},
                                                                        {"before_drop", Placement::before_drop},
                                                                        {"join", Placement::join},
                                                                        {"parallel", Placement::parallel}};
  std::vector<std::string> known;
  for (const auto& [known_name, placement] : kNames) {
    if (known_name == name) return placement;
    known.push_back(known_name);
  }
  throw usage_error("placement '{}' is unknown{}", printable(name), did_you_mean(name, known))
      .hint("known: " + join(known, ", "));
}

Bottleneck::Bottleneck(Module& parent, const Site& branch, const BottleneckShape& shape)
    : Module(parent, branch.path()), shape_(shape), drop_(*this, "drop", shape.dropout) {
  if (shape_.norm_before) norm_before_ = std::make_unique<LayerNorm>(*this, "norm_before", shape.in, shape.epsilon);
  if (shape_.norm_after != "none") {
    norm_after_ = std::make_unique<LayerNorm>(*this, "norm_after", shape.in, shape.epsilon);
  }
  if (shape_.learn_scale) scale_ = std::make_unique<Parameter>(*this, "scale", std::vector<int64_t>{1});
}

void Bottleneck::start_own(at::ScalarType type) {
  for (LayerNorm* norm : {norm_before_.get(), norm_after_.get()}) {
    if (norm == nullptr) continue;
    init::constant(norm->weight, 1, type);
    init::constant(norm->bias, 0, type);
  }
  if (scale_) init::constant(*scale_, shape_.scale, type);
}

Tensor Bottleneck::operator()(const Tensor& x, Pass& pass) const {
  return site.run(x, pass, [&](const Tensor& input) {
    const Tensor read = norm_before_ ? (*norm_before_)(input, pass) : input;
    Tensor y = up(drop_(op::activate(down(read, pass), shape_.activation, pass), pass), pass);
    if (scale_) {
      y = op::scale(y, *scale_, pass);
    } else if (shape_.scale != 1) {
      y = y * shape_.scale;
    }
    return shape_.norm_after == "update" ? (*norm_after_)(y, pass) : y;
  });
}

Tensor Bottleneck::sum(const Tensor& input, const Tensor& residual, Pass& pass) const {
  const Tensor y = shape_.residual == "none" ? (*this)(input, pass) : residual + (*this)(input, pass);
  return shape_.norm_after == "sum" ? (*norm_after_)(y, pass) : y;
}

Tensor Bottleneck::wrapped(const Tensor& x, Next next, Pass& pass) const {
  const Tensor y = next(x);
  switch (shape_.placement) {
    case Placement::after_drop:
    case Placement::before_drop:
      return sum(y, y, pass);
    case Placement::join:
      return next(sum(y, shape_.residual == "norm" ? y : x, pass));
    case Placement::parallel:
      return sum(x, y, pass);
  }
  throw bug_error("placement {} has no case", int(shape_.placement));
}

Site& Bottleneck::place(Model& model, Site& branch, Placement placement) {
  if (placement == Placement::after_drop) return model.site_at(branch.path() + ".drop");
  if (placement == Placement::join) return model.site_at(branch.path() + ".join");
  return branch;
}

std::vector<Site*> branches(Model& model, const std::string& pattern) {
  const std::vector<Site*> found = model.sites(pattern);
  Problems problems;
  for (const Site* s : found) {
    if (s->unit() != Unit::attention && s->unit() != Unit::branch) {
      problems.add(s->path(), fmt::format("is a {}, not a branch", unit_name(s->unit())),
                   "branches are `*.*.{attention,cross,ffn}`");
    }
  }
  problems.raise(ErrorKind::usage, fmt::format("the pattern '{}' names places that are no branches", pattern));
  return found;
}

int64_t bottleneck_width(int64_t width, double reduction_factor, int64_t in, int64_t least, const std::string& name) {
  const int64_t m = width > 0 ? width : std::max(least, int64_t(double(in) / reduction_factor));
  if (m > in) {
    throw usage_error("'{}' has the width {}; expected at most the model's, {}", name, m, in)
        .hint("set `width`, or a reduction_factor of at least 1");
  }
  return m;
}

int64_t bottleneck_extras(const BottleneckShape& shape) {
  return (shape.norm_before ? 2 * shape.in : 0) + (shape.norm_after != "none" ? 2 * shape.in : 0) + (shape.learn_scale ? 1 : 0);
}

bool zero_is_base(const BottleneckShape& shape) { return shape.residual == "input" && shape.norm_after != "sum"; }

}  // namespace espalier
