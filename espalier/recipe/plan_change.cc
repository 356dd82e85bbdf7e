#include "espalier/recipe/plan_change.h"

#include <algorithm>

#include "espalier/base/text.h"
#include "espalier/recipe/toml.h"

namespace espalier {
namespace {

using Leaf = std::pair<std::string, std::string>;

void collect(const Value& value, const std::string& path, std::vector<Leaf>& leaves) {
  if (const Value::Object* members = value.as_object()) {
    for (const auto& [key, member] : *members) collect(member, path.empty() ? key : path + "." + key, leaves);
  } else if (is_tables(value)) {
    for (size_t i = 0; i < value.as_array()->size(); ++i) {
      collect((*value.as_array())[i], fmt::format("{}[{}]", path, i), leaves);
    }
  } else if (!value.is_null()) {
    leaves.emplace_back(path, value.text());
  }
}

std::vector<Leaf> leaves_of(const Value& value) {
  std::vector<Leaf> leaves;
  collect(value, "", leaves);
  return leaves;
}

const std::string* find(const std::vector<Leaf>& leaves, const std::string& key) {
  const auto found = std::find_if(leaves.begin(), leaves.end(), [&](const Leaf& leaf) { return leaf.first == key; });
  return found == leaves.end() ? nullptr : &found->second;
}

}  // namespace

const std::vector<std::string>& free_keys() {
  static const std::vector<std::string> keys{
      "model.from",        "data.train",           "data.dev",           "data.test",
      "data.root",         "data.workers",         "data.keep_text",     "train.checkpoint_every",
      "train.keep",        "train.tensorboard",    "train.on_nonfinite", "plan.threads",
      "plan.memory_bytes", "plan.precision_reason"};
  return keys;
}

std::string PlanChange::text() const { return fmt::format("{}: {} -> {}", key, was, now); }

bool PlanChange::free() const { return std::find(free_keys().begin(), free_keys().end(), key) != free_keys().end(); }

std::vector<PlanChange> changes_between(const Value& was, const Value& now) {
  const std::vector<Leaf> before = leaves_of(was), after = leaves_of(now);
  std::vector<PlanChange> changes;
  for (const auto& [key, text] : before) {
    const std::string* other = find(after, key);
    if (other == nullptr || *other != text) changes.push_back({key, text, other == nullptr ? PlanChange::kAbsent : *other});
  }
  for (const auto& [key, text] : after) {
    if (find(before, key) == nullptr) changes.push_back({key, PlanChange::kAbsent, text});
  }
  return changes;
}

std::vector<PlanChange> allowed_changes(const Plan& was, const Plan& now, const std::string& place) {
  std::vector<PlanChange> changes = changes_between(was.to_value(), now.to_value());
  std::string refused;
  for (const PlanChange& change : changes) {
    if (!change.free()) refused += "\n  " + change.text();
  }
  if (!refused.empty()) {
    throw usage_error("the run was started with other settings, and it goes on with those alone:{}", refused)
        .at(place)
        .hint("put them back as they were, or start another run with another --out");
  }
  return changes;
}

}  // namespace espalier
