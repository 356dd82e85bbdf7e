// From a recipe to a plan: config, tokenizer and data are opened, weights are not.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "espalier/base/pattern.h"
#include "espalier/base/text.h"
#include "espalier/data/dataset.h"
#include "espalier/io/json.h"
#include "espalier/io/safetensors_folder.h"
#include "espalier/models/load.h"
#include "espalier/nn/tensor.h"
#include "espalier/recipe/build.h"
#include "espalier/recipe/methods.h"
#include "espalier/recipe/prune.h"
#include "espalier/train/callback.h"
#include "espalier/train/metric_fit.h"
#include "espalier/train/objectives/cross_entropy.h"
#include "espalier/train/optimizer.h"
#include "espalier/train/precision.h"
#include "espalier/train/rule.h"

namespace espalier {
namespace {

std::string absolute(const std::string& path) { return path.empty() ? path : fs::absolute(path).lexically_normal().string(); }

const std::string& kind_of(const Value& value) { return *value.find("kind")->as_string(); }

template <class Product>
Value resolved(const Registry<Product>& registry, const Value& value, const std::string& path) {
  const Value options = registry.find(kind_of(value), value.place()).resolve(value, path);
  Value::Object all{{"kind", kind_of(value)}};
  all.insert(all.end(), options.as_object()->begin(), options.as_object()->end());
  return all;
}

bool is_zero(const Value* value) {
  return value == nullptr || value->is_null() || (value->as_int() != nullptr && *value->as_int() == 0) ||
         (value->as_double() != nullptr && *value->as_double() == 0);
}

Value resolve_optimizer(const Recipe& recipe, const std::string& method, int64_t width) {
  Value optimizer = recipe.train.optimizer;
  if (is_zero(optimizer.find("learning_rate"))) optimizer.set("learning_rate", default_learning_rate(method, width));
  if (method == "full" && optimizer.find("weight_decay") == nullptr) optimizer.set("weight_decay", 0.01);
  return resolved(optimizers(), optimizer, "train.optimizer");
}

Value resolve_objective(const Recipe& recipe, const Task& task, const std::vector<int64_t>& counts) {
  const std::string wanted = objective_for(task.kind);
  if (recipe.objective.empty()) return resolved(objectives(), Value::Object{{"kind", wanted}}, "objective[0]");
  Value objective = recipe.objective[0];
  if (kind_of(objective) != wanted) {
    throw usage_error("objective[0].kind = \"{}\"; a task of kind {} is trained by {}", kind_of(objective), kind_name(task.kind),
                      wanted)
        .at(objective.place());
  }
  if (const Value* weights = objective.find("class_weights"); weights != nullptr && weights->as_string() != nullptr) {
    Value::Array balanced;
    for (const double weight : balanced_weights(counts)) balanced.emplace_back(weight);
    objective.set("class_weights", balanced);
  }
  Value full = resolved(objectives(), objective, "objective[0]");
  const Value* weights = full.find("class_weights");
  if (weights != nullptr && !weights->as_array()->empty() && weights->as_array()->size() != task.labels.size()) {
    throw usage_error("objective[0].class_weights holds {} weights; there are {} classes", weights->as_array()->size(),
                      task.labels.size())
        .at(objective.place());
  }
  return full;
}

/// The weightless model with what can be counted on it.
class Sketch {
 public:
  Sketch(const fs::path& folder, const Recipe& recipe) : folder_(folder), recipe_(recipe) {
    const fs::path file = folder / "config.json";
    if (!fs::exists(file)) {
      throw data_error("the folder has no config.json")
          .at(folder.string())
          .hint("a model is a folder with config.json and model.safetensors");
    }
    model_ = make_model(read_json(file), file.string());
  }

  Model& model() { return *model_; }

  void count(const Task& task, PlanFacts& facts) {
    const Pooling pooling = resolve_pooling(pooling_from(recipe_.model.pooling), folder_, *model_);
    facts.pooling = pooling_name(pooling);
    const HeadOptions head = head_for(task, pooling);
    facts.head = head_name(head.kind);
    facts.family = model_->family();
    model_->set_head(make_head(*model_, head));
    read_names();
    const bool pooled = model_->head() != nullptr && model_->head()->reads_pooler() && !model_->facts().decoder;

    std::vector<Parameter*> base;
    std::vector<std::string> paths;
    std::set<std::string> taken;
    model_->backbone().each_parameter([&](Parameter& parameter) {
      const bool fresh = !in_file(parameter);
      if (fresh && !pooled) return;  // such a pooler is left undefined
      base.push_back(&parameter);
      paths.push_back(parameter.path());
      facts.total_parameters += parameter.size();
      if (fresh) fresh_.insert(parameter.path());
    });
    for (size_t i = 0; i < recipe_.method.size(); ++i) method(i, base, paths, taken, facts);
    for (Parameter* parameter : base) {
      if (fresh_.contains(parameter->path()) && taken.insert(parameter->path()).second)
        facts.head_parameters += parameter->size();
    }
    if (model_->head() != nullptr) {
      model_->head()->each_parameter([&](Parameter& parameter) {
        base.push_back(&parameter);
        paths.push_back(parameter.path());
        facts.total_parameters += parameter.size();
        // The output layer of a model that writes is its own, not the task's.
        if (head.kind != HeadKind::seq2seq && taken.insert(parameter.path()).second) facts.head_parameters += parameter.size();
      });
    }
    for (const std::string& pattern : recipe_.train.train) {
      const std::vector<size_t> found = Pattern(pattern).select(paths);
      if (found.empty()) {
        throw usage_error("train.train: the pattern '{}' matches no parameter", pattern)
            .hint("`espalier show sites --model DIR` lists them all");
      }
      for (const size_t at : found) {
        if (taken.insert(paths[at]).second) facts.extra_parameters += base[at]->size();
      }
    }
  }

 private:
  void method(size_t i, const std::vector<Parameter*>& base, const std::vector<std::string>& paths, std::set<std::string>& taken,
              PlanFacts& facts) {
    const Value& method = recipe_.method[i];
    if (const Value* sites = method.find("sites"); sites != nullptr && sites->as_string() != nullptr) {
      const std::vector<std::string> found = places(*make_method(method, fmt::format("method[{}]", i)));
      facts.sites.insert(facts.sites.end(), found.begin(), found.end());
    }
    if (const Value* pattern = method.find("parameters"); pattern != nullptr && pattern->as_string() != nullptr) {
      const std::vector<size_t> found = Pattern(*pattern->as_string()).select(paths);
      if (found.empty()) {
        throw usage_error("method[{}].parameters: the pattern '{}' matches no parameter of the base", i, *pattern->as_string())
            .at(pattern->place());
      }
      for (const size_t at : found) {
        if (taken.insert(paths[at]).second) facts.method_parameters += base[at]->size();
      }
    } else {
      facts.method_parameters += make_method(method, fmt::format("method[{}]", i))->expected_size(*model_);
    }
  }

  /// Where a method will stand: linear layers where its pattern names some, else branches. The method's own options have its
  /// pattern where the recipe leaves it open.
  std::vector<std::string> places(Modifier& modifier) {
    modifier.expected_size(*model_);  // refuses, in the method's words, a pattern that names nothing of use
    const Value options = modifier.options();
    std::vector<std::string> linear, all;
    for (const Site* s : model_->sites(*options.find("sites")->as_string())) {
      all.push_back(s->path());
      if (s->unit() == Unit::linear) linear.push_back(s->path());
    }
    return linear.empty() ? all : linear;
  }

  void read_names() {
    const SafetensorsFolder file(folder_);
    for (const std::string& name : file.names()) in_file_.insert(name);
  }

  bool in_file(const Parameter& parameter) const {
    const NameTable& table = model_->names();
    // Only a pooler may be missing; every other absence is refused when the weights are read.
    const auto optional = [&](const std::string& pattern) { return Pattern(pattern).matches(parameter.path()); };
    if (std::none_of(table.optional.begin(), table.optional.end(), optional)) return true;
    const auto name = upstream_tensor(table, parameter.path());
    return name && (in_file_.contains(*name) || in_file_.contains(table.other_prefix + *name) ||
                    (name->starts_with(table.prefix) && in_file_.contains(name->substr(table.prefix.size()))));
  }

  const fs::path folder_;
  const Recipe& recipe_;
  std::unique_ptr<Model> model_;
  std::set<std::string> in_file_, fresh_;
};

/// The model's positions, less those that methods in peft's reading take; 0 = no limit.
int64_t positions_for_text(const Model& model, const std::vector<Value>& methods) {
  const int64_t all = model.facts().positions;
  int64_t left = all;
  for (const Value& method : methods) {
    const Value* reading = method.find("reading");
    if (reading == nullptr || *reading->as_string() != "peft") continue;
    const Value* length = method.find("length");
    left -= *length->as_int();
    if (all > 0 && left < 1) {
      throw usage_error("length = {} leaves no position for the text; the model has {}", *length->as_int(), all)
          .at(length->place());
    }
  }
  return all == 0 ? 0 : left;
}

/// Weights in fp32 and the faster forms of them, what an optimizer keeps of trained numbers, and the activations of one
/// micro-batch of texts of the greatest length: an upper bound.
int64_t memory_estimate(const Plan& plan, const BackboneFacts& facts) {
  const DataOptions& data = plan.recipe.data;
  int64_t rows = (data.micro_batch > 0 ? std::min(data.micro_batch, data.batch) : data.batch) * data.max_length;
  if (data.tokens > 0) rows = std::min(rows, std::max(data.tokens, data.max_length));
  const bool steps = plan.method() != "linear_probe";
  const int64_t activations = rows * (8 * facts.width + 2 * facts.inner) * 4 * (steps ? facts.layers : 1);
  const int64_t weights = plan.facts.total_parameters * (plan.facts.precision == "bf16" ? 8 : 4);
  return weights + plan.facts.trained_parameters() * 16 + activations;
}

void plan_steps(Plan& plan, const DataSet& data) {
  const Recipe& recipe = plan.recipe;
  PlanFacts& facts = plan.facts;
  // Windows make several examples of one text, and runs of pieces one of several, so they have to be counted.
  facts.steps_per_epoch = recipe.data.long_texts == "windows" || data.task().kind == TaskKind::causal_lm
                              ? data.stream()->steps_per_epoch()
                              : (facts.train_rows + recipe.data.batch - 1) / recipe.data.batch;
  facts.epochs = recipe.train.epochs;
  if (recipe.train.steps > 0) {
    facts.steps = recipe.train.steps;
    facts.epochs = (facts.steps + facts.steps_per_epoch - 1) / std::max<int64_t>(1, facts.steps_per_epoch);
  } else {
    if (facts.epochs == 0) {
      facts.epochs = default_epochs(facts.steps_per_epoch);
      facts.epochs_reason =
          facts.epochs == 3 ? "3 epochs by default" : "by default 3 epochs, raised to reach 600 steps, at most 20";
    }
    facts.steps = facts.epochs * facts.steps_per_epoch;
  }
  facts.warmup = warmup_steps(recipe.train.schedule.warmup, facts.steps, facts.steps_per_epoch, "train.schedule.warmup");
}

}  // namespace

Plan resolve(const Recipe& recipe, Log& log) {
  Plan plan;
  plan.recipe = recipe;
  Recipe& out = plan.recipe;
  PlanFacts& facts = plan.facts;
  for (size_t i = 0; i < out.method.size(); ++i) out.method[i] = resolve_method(recipe.method[i], fmt::format("method[{}]", i));
  widen_methods(out);
  for (size_t i = 0; i < out.prune.size(); ++i) out.prune[i] = resolve_prune(recipe.prune[i], fmt::format("prune[{}]", i));

  fs::path folder;
  std::unique_ptr<Sketch> sketch;
  std::unique_ptr<Tokenizer> tokenizer;
  int64_t max_length = 0;
  if (plan.needs_model()) {
    if (recipe.model.from.empty())
      throw usage_error("no model is named").hint("give --model FOLDER, or model.from in the recipe");
    folder = find_model(recipe.model.from);
    sketch = std::make_unique<Sketch>(folder, out);
    tokenizer = tokenizer_of(sketch->model(), folder);
    max_length = choose_max_length(recipe.data.max_length, positions_for_text(sketch->model(), out.method), *tokenizer);
  } else {
    tokenizer = no_tokenizer();
  }

  const DataSet data(recipe.data, *tokenizer, max_length, uint64_t(recipe.seed), log);
  out.data = data.resolved();
  for (const std::string& name : out.data.metrics) require_fitting_metric(name, parse_kind(out.data.kind), "data.metrics");
  for (std::string* path : {&out.data.train, &out.data.dev, &out.data.test}) *path = absolute(*path);
  facts.train_rows = data.rows(Part::train);
  facts.dev_rows = data.rows(Part::dev);
  facts.test_rows = data.has(Part::test) ? data.rows(Part::test) : 0;
  facts.train_sha256 = data.sha256(Part::train);
  facts.dev_sha256 = data.sha256(Part::dev);
  facts.test_sha256 = data.sha256(Part::test);
  facts.held_out = data.held_out();
  facts.class_counts = data.class_counts(Part::train);
  facts.dev_majority = data.majority(Part::dev);
  facts.test_majority = data.has(Part::test) ? data.majority(Part::test) : 0;

  const std::string& method = plan.method();
  const int64_t width = sketch != nullptr ? sketch->model().width() : 0;
  out.objective = {resolve_objective(recipe, data.task(), facts.class_counts)};
  for (size_t i = 0; i < out.callback.size(); ++i) {
    out.callback[i] = resolved(callbacks(), recipe.callback[i], fmt::format("callback[{}]", i));
  }
  facts.threads = at::get_num_threads();
  out.train.optimizer = resolve_optimizer(recipe, method, width);
  out.train.rule = resolved(rules(), recipe.train.rule, "train.rule");
  if (!plan.needs_model()) return plan;

  out.model.from = absolute(folder.string());
  out.model.head = kind_name(data.task().kind);
  sketch->count(data.task(), facts);
  out.model.pooling = facts.pooling;
  const PrecisionChoice precision = choose_precision(recipe.train.precision, method != "linear_probe");
  facts.precision = precision.precision == Precision::bf16 ? "bf16" : "fp32";
  facts.precision_reason = precision.reason;
  out.train.precision = facts.precision;
  if (method != "linear_probe") plan_steps(plan, data);
  facts.memory_bytes = memory_estimate(plan, sketch->model().facts());
  facts.model_sha256 = hash_model(folder);
  return plan;
}

}  // namespace espalier
