#include "espalier/recipe/plan.h"

#include <algorithm>

#include "espalier/base/text.h"
#include "espalier/io/safetensors_folder.h"
#include "espalier/models/load.h"
#include "espalier/models/sentence_folder.h"
#include "espalier/recipe/build.h"
#include "espalier/recipe/plan_change.h"
#include "espalier/recipe/toml.h"

namespace espalier {
namespace {

/// Keys that change no bit of what is trained.
void drop_free_keys(Value& value) {
  for (const std::string& key : free_keys()) {
    const size_t dot = key.find('.');
    Value* table = value.find(key.substr(0, dot));
    if (table == nullptr || table->as_object() == nullptr) continue;
    std::erase_if(*table->as_object(), [&](const auto& member) { return member.first == key.substr(dot + 1); });
  }
}

std::string trains_text(const PlanFacts& facts) {
  const double share = facts.total_parameters > 0 ? double(facts.trained_parameters()) / double(facts.total_parameters) : 0;
  std::vector<std::string> parts;
  if (facts.method_parameters > 0) parts.push_back("method " + with_commas(facts.method_parameters));
  if (facts.head_parameters > 0) parts.push_back("head " + with_commas(facts.head_parameters));
  if (facts.extra_parameters > 0) parts.push_back("extra " + with_commas(facts.extra_parameters));
  return fmt::format("{} numbers, {} of the model's {} ({})", with_commas(facts.trained_parameters()), percent(share),
                     with_commas(facts.total_parameters), join(parts, ", "));
}

}  // namespace

void PlanFacts::fields(Fields& f) {
  f("format_version", format_version).between(1, 1);
  f("model_sha256", model_sha256);
  f("family", family);
  f("head", head);
  f("pooling", pooling);
  f("sites", sites);
  f("method_parameters", method_parameters);
  f("head_parameters", head_parameters);
  f("extra_parameters", extra_parameters);
  f("total_parameters", total_parameters);
  f("train_rows", train_rows);
  f("dev_rows", dev_rows);
  f("test_rows", test_rows);
  f("train_sha256", train_sha256);
  f("dev_sha256", dev_sha256);
  f("test_sha256", test_sha256);
  f("held_out", held_out);
  f("class_counts", class_counts);
  f("dev_majority", dev_majority);
  f("test_majority", test_majority);
  f("steps_per_epoch", steps_per_epoch);
  f("epochs", epochs);
  f("steps", steps);
  f("warmup", warmup);
  f("epochs_reason", epochs_reason);
  f("precision", precision);
  f("precision_reason", precision_reason);
  f("threads", threads);
  f("memory_bytes", memory_bytes);
}

const std::string& Plan::method() const { return *recipe.method.at(0).find("kind")->as_string(); }

bool Plan::needs_model() const { return method() != "bag_of_words"; }

std::string Plan::text() const {
  std::string out;
  const auto line = [&](const char* name, const std::string& text) { out += fmt::format("{:<10}{}\n", name, text); };
  const DataOptions& data = recipe.data;
  if (needs_model()) {
    line("model", fmt::format("{} ({}, {} parameters, sha256 {}…)", recipe.model.from, facts.family,
                              with_commas(facts.total_parameters), facts.model_sha256.substr(0, 12)));
  }
  std::string task = data.task.empty() ? data.kind : data.task + " (" + data.kind + ")";
  if (!data.labels.empty() && data.kind != "regress") task += fmt::format(", {} classes", data.labels.size());
  line("task", fmt::format("{}; text {}, label {}; best by {}", task, join(data.text, ", "), join(data.label, ", "), data.best));
  std::string rows = fmt::format("train {}, dev {}{}", with_commas(facts.train_rows), with_commas(facts.dev_rows),
                                 facts.held_out ? " held out of it" : "");
  if (facts.test_rows > 0) rows += ", test " + with_commas(facts.test_rows);
  if (facts.dev_majority > 0) rows += fmt::format("; the largest class is {} of dev", percent(facts.dev_majority));
  line("data", rows);
  for (const Value& method : recipe.method) {
    const Value* sites = method.find("sites");
    const Value* parameters = method.find("parameters");
    std::string where;
    if (sites != nullptr && sites->as_string() != nullptr)
      where = fmt::format("; {} sites: {}", facts.sites.size(), *sites->as_string());
    if (parameters != nullptr && parameters->as_string() != nullptr) where = "; parameters " + *parameters->as_string();
    line("method", method_text(method) + where);
  }
  for (const Value& prune : recipe.prune) {
    const auto option = [&](const char* key) { return prune.find(key) != nullptr ? prune.find(key)->text() : std::string("?"); };
    line("prune",
         fmt::format("{} of {} by {}, counted {}", option("prune_fraction"), option("on"), option("score"), option("scope")));
  }
  if (!needs_model()) return out;
  line("trains", trains_text(facts));
  line("texts", fmt::format("at most {} tokens, longer ones: {}; pooling {}", data.max_length, data.long_texts, facts.pooling));
  if (method() != "linear_probe") {
    const std::string steps = recipe.train.steps > 0 ? fmt::format("{} steps", with_commas(facts.steps))
                                                     : fmt::format("{} = {} epochs of {}", with_commas(facts.steps), facts.epochs,
                                                                   with_commas(facts.steps_per_epoch));
    line("steps", fmt::format("{}, {} examples each{}", steps, data.batch,
                              facts.epochs_reason.empty() ? "" : " (" + facts.epochs_reason + ")"));
    const auto option = [&](const char* key) {  // an edited plan may lack it
      const Value* value = recipe.train.optimizer.find(key);
      if (value == nullptr) return std::string("?");
      return value->as_string() != nullptr ? *value->as_string() : value->text();
    };
    line("optimizer",
         fmt::format("{} at {}, decay {}; {} schedule, warm-up {} steps, clip {}", option("kind"), option("learning_rate"),
                     option("weight_decay"), recipe.train.schedule.decay, facts.warmup, recipe.train.clip));
  }
  line("precision", facts.precision_reason);
  line("memory", fmt::format("about {} at most", human_bytes(facts.memory_bytes)));
  line("seed", std::to_string(recipe.seed));
  return out;
}

Value Plan::to_value() const {
  Value value = write_options(recipe);
  value.set("plan", write_options(facts));
  return value;
}

std::string Plan::toml() const { return "# The resolved plan of one run, written by espalier.\n" + write_toml(to_value()); }

std::string Plan::id() const {
  Value value = to_value();
  drop_free_keys(value);
  return sha256(write_toml(value));
}

Plan read_plan(const Value& value) {
  Plan plan;
  Fields recipe, facts;
  plan.recipe.fields(recipe);
  plan.facts.fields(facts);
  Problems problems;
  read_fields(recipe.list(), value, "", problems, {"plan"});
  const Value* stored = value.find("plan");
  if (stored == nullptr) throw data_error("this is no plan: [plan] is missing").at(value.place());
  read_fields(facts.list(), *stored, "plan", problems);
  if (problems.empty() && plan.recipe.method.empty()) problems.add(value.place(), "this plan has no [[method]]");
  problems.raise(ErrorKind::data, "the plan cannot be read");
  for (const Value& method : plan.recipe.method) {
    if (method.find("kind") == nullptr || method.find("kind")->as_string() == nullptr) {
      throw data_error("[[method]] without a kind").at(method.place());
    }
  }
  return plan;
}

Plan load_plan(const fs::path& plan_toml) {
  if (!fs::exists(plan_toml)) {
    throw usage_error("there is no run here: plan.toml is missing").at(plan_toml.parent_path().string());
  }
  return read_plan(read_toml(plan_toml));
}

std::string hash_model(const fs::path& folder) {
  std::vector<fs::path> files = SafetensorsFolder(folder).files();
  if (has_head_beside(folder)) files.insert(files.end(), {head_settings(folder), head_tensors(folder)});
  if (files.size() == 1) return sha256_file(files[0]);
  std::string all;
  for (const fs::path& file : files) all += sha256_file(file) + "\n";
  return sha256(all);
}

fs::path locate_base(const Plan& plan, const std::string& override) {
  const std::string name = override.empty() ? plan.recipe.model.from : override;
  const std::string& expected = plan.facts.model_sha256;
  const std::string hint = fmt::format("name it with --model; the sha256 of its weights is {}", expected);
  fs::path folder;
  try {
    folder = find_model(name);
  } catch (const Error& error) {
    throw usage_error("the base model of this run is not at {}", name).hint(hint);
  }
  const std::string found = hash_model(folder);
  if (found != expected) {
    throw usage_error("this is not the base model of the run: its weights have the sha256 {}", found)
        .at(folder.string())
        .hint(hint);
  }
  return folder;
}

}  // namespace espalier
