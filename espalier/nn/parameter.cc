#include "espalier/nn/parameter.h"

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/nn/module.h"
#include "espalier/nn/tensor.h"

namespace espalier {

Parameter::Parameter(Module& owner, std::string_view name, std::vector<int64_t> shape)
    : owner_(&owner), path_(owner.join(name)), shape_(std::move(shape)) {
  owner.adopt(*this);
}

Parameter::~Parameter() { owner_->forget(*this); }

int64_t Parameter::size() const {
  int64_t size = 1;
  for (int64_t extent : shape_) size *= extent;
  return size;
}

void Parameter::set(Tensor leaf) {
  if (leaf.sizes() != at::IntArrayRef(shape_)) {
    throw bug_error("leaf of shape {}; expected {}", shape_text(leaf.sizes()), shape_text(shape_)).at(path_);
  }
  leaf_ = std::move(leaf);
  mapped = false;
  for (Tensor& form : derived_) form.reset();
}

void Parameter::train(bool on) {
  if (on && mapped) set(leaf_.detach().clone());
  leaf_.requires_grad_(on);
}

Tensor Parameter::operator()(Pass& pass) const {
  Tensor value = leaf_;
  for (const auto& item : edits_.items()) value = item.call(value, pass);
  return value;
}

Hook Parameter::edit(EditOrder order, std::string label, Edit edit) {
  return edits_.attach(int(order), std::move(label), std::move(edit));
}

std::vector<std::string> Parameter::edit_labels() const {
  std::vector<std::string> labels;
  for (const auto& item : edits_.items()) labels.push_back(item.label);
  return labels;
}

const Tensor& Parameter::derived(Form form, FunctionRef<Tensor(const Tensor&)> make) const {
  const auto version = uint64_t(leaf_._version());
  if (version != derived_version_) {
    for (Tensor& other : derived_) other.reset();
    derived_version_ = version;
  }
  Tensor& slot = derived_[size_t(form)];
  if (!slot.defined()) slot = make(leaf_);
  return slot;
}

}  // namespace espalier
