#include "espalier/recipe/kept_base.h"

#include "espalier/base/text.h"
#include "espalier/models/load.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

/// Bases and heads of one key differ in nothing but the seed of what is newly initialised.
std::string key_of(const Plan& plan, const fs::path& folder, const Task& task) {
  return fmt::format("{}\n{}\n{}\n{}\n{}", folder.string(), plan.facts.model_sha256, plan.facts.head, plan.facts.pooling,
                     join(task.labels, "\n"));
}

}  // namespace

Model& KeptBase::open(const Plan& plan, const fs::path& folder, const Task& task, Log& log) {
  const std::string key = key_of(plan, folder, task);
  if (model_ != nullptr && key == key_) {
    restore(uint64_t(plan.recipe.seed));
  } else {
    originals_.clear();
    model_ = load_base(plan, folder, task, log);
    key_ = key;
    model_->each_parameter([&](Parameter& parameter) {
      if (!parameter.defined()) return;
      originals_.push_back({&parameter, parameter.is_new ? Tensor() : parameter.leaf()});
      // Whoever trains it takes a copy, as of a file's map.
      parameter.mapped = parameter.mapped || !parameter.is_new;
    });
  }
  attach_methods(*model_, plan);
  return *model_;
}

void KeptBase::restore(uint64_t seed) {
  while (!model_->modifiers().empty()) model_->detach(model_->modifiers().back()->name(), true);
  std::vector<Parameter*> unused;
  model_->each_parameter([&](Parameter& parameter) {
    if (!parameter.defined()) unused.push_back(&parameter);
  });
  for (const Original& original : originals_) {
    Parameter& parameter = *original.parameter;
    if (!original.leaf.defined()) {
      parameter.leaf() = Tensor();
    } else if (!parameter.leaf().is_same(original.leaf)) {
      parameter.set(original.leaf);
      parameter.mapped = true;
    }
  }
  initialize(*model_, model_->dtype(), seed);
  for (Parameter* parameter : unused) parameter->leaf() = Tensor();
}

}  // namespace espalier
