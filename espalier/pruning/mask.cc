#include "espalier/pruning/mask.h"

#include "espalier/models/model.h"
#include "espalier/nn/tensor.h"

namespace espalier {

void MaskOptions::fields(Fields& f) {
  f("name", name).help("its name among the attached methods");
  f("on", on).help("pattern of the parameters that are masked");
  f("prune_fraction", prune_fraction).between(0, 1).help("share of each tensor's numbers that become zero");
}

Tensor keep_largest(const Tensor& scores, double prune_fraction) {
  // 0.29 * 100 is a little below 29 in binary.
  const auto pruned = int64_t(prune_fraction * double(scores.numel()) * (1 + 1e-12));
  const Tensor order = at::argsort(scores.flatten(), /*stable=*/true, /*dim=*/0, /*descending=*/false);
  Tensor keep = at::ones({scores.numel()}, at::kBool);
  keep.index_fill_(0, order.narrow(0, 0, pruned), false);
  return keep.view(scores.sizes());
}

Mask::Mask(MaskOptions options) : Modifier(options.name), options_(std::move(options)) {}

Value Mask::options() const { return write_options(options_); }

void Mask::attach(Model& model, uint64_t) {
  at::NoGradGuard no_gradient;
  for (Parameter* p : model.parameters(options_.on)) {
    const Tensor mask = keep_largest(p->leaf().detach().abs(), options_.prune_fraction);
    entries_.push_back({p, mask, Tensor()});
    hold(p->edit(EditOrder::mask, name(),
                 [mask, this](const Tensor& value, Pass&) { return enabled() && !merged_ ? value * mask : value; }));
  }
}

void Mask::detach(Model& model) {
  if (merged_) unmerge(model);
  Modifier::detach(model);
}

bool Mask::merge(Model&) {
  if (merged_) return true;
  Problems problems;
  for (const Entry& entry : entries_) {
    for (const std::string& label : entry.parameter->edit_labels()) {
      if (label != name()) problems.add(entry.parameter->path(), fmt::format("is edited by '{}' too", label));
    }
  }
  problems.raise(ErrorKind::unsupported, fmt::format("'{}' cannot be merged: the result would not equal the forward", name()));
  at::NoGradGuard no_gradient;
  for (Entry& entry : entries_) {
    entry.original = entry.parameter->leaf();
    entry.mapped = entry.parameter->mapped;
    entry.parameter->set(entry.original * entry.mask);
  }
  return merged_ = true;
}

void Mask::unmerge(Model&) {
  for (Entry& entry : entries_) {
    if (!entry.original.defined()) continue;
    entry.parameter->set(entry.original);
    entry.parameter->mapped = entry.mapped;
    entry.original.reset();
  }
  merged_ = false;
}

Tensor Mask::mask_of(const Parameter& parameter) const {
  for (const Entry& entry : entries_) {
    if (entry.parameter == &parameter) return entry.mask;
  }
  return Tensor();
}

}  // namespace espalier
