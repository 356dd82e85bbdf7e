// How two plans differ, and which differences a run may take over between stop and resume.
#pragma once

#include <string>
#include <vector>

#include "espalier/recipe/plan.h"

namespace espalier {

/// Keys of a plan that change no bit of what is trained: paths, threads, and when it is saved or ends in an error.
const std::vector<std::string>& free_keys();

struct PlanChange {
  std::string key;       ///< "train.optimizer.learning_rate"
  std::string was, now;  ///< as in a recipe; kAbsent where the key is not there
  static constexpr const char* kAbsent = "nothing";
  std::string text() const;  ///< "train.keep: 2 -> 5"
  bool free() const;
};

/// Every key of two recipes or plans that differs, in the order of `was`.
std::vector<PlanChange> changes_between(const Value& was, const Value& now);
/// The changes, all of them free; else one usage Error that lists the others key by key.
std::vector<PlanChange> allowed_changes(const Plan& was, const Plan& now, const std::string& place);

}  // namespace espalier
