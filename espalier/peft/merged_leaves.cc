#include "espalier/peft/merged_leaves.h"

#include "espalier/models/model.h"
#include "espalier/nn/tensor.h"

namespace espalier {

void MergedLeaves::put(Parameter& parameter, const Tensor& value) {
  const Tensor merged = value.to(parameter.leaf().scalar_type());
  originals_.push_back({&parameter, parameter.leaf(), merged, parameter.mapped});
  parameter.set(merged);
}

void MergedLeaves::back(const std::string& name) {
  for (const Original& original : originals_) {
    if (!original.parameter->leaf().is_same(original.merged)) {
      throw usage_error("'{}' cannot be unmerged: the weight was changed since", name)
          .at(original.parameter->path())
          .hint("unmerge what was merged later first");
    }
  }
  for (const Original& original : originals_) {
    original.parameter->set(original.leaf);
    original.parameter->mapped = original.mapped;
  }
  originals_.clear();
}

void add_foreign_wraps(Problems& problems, const Model& model, const Site& site, const std::string& name) {
  for (const std::string& label : site.wrap_labels()) {
    const Modifier* other = model.modifier(label);
    if (label != name && (other == nullptr || !other->merged())) {
      problems.add(site.path(), fmt::format("is wrapped by '{}' too", label), "merge that one first, or remove it");
    }
  }
}

}  // namespace espalier
