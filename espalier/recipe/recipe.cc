#include "espalier/recipe/recipe.h"

#include <algorithm>
#include <set>

#include "espalier/base/text.h"
#include "espalier/models/head.h"
#include "espalier/recipe/methods.h"
#include "espalier/recipe/prune.h"
#include "espalier/train/callback.h"
#include "espalier/train/nonfinite.h"
#include "espalier/train/objective.h"
#include "espalier/train/optimizer.h"
#include "espalier/train/rule.h"

namespace espalier {
namespace {

constexpr const char* kHeadline = "the recipe has settings that cannot be used";

/// Runs a check that throws, and files what it says.
template <class Check>
void collect(Problems& problems, const Check& check) {
  try {
    check();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::usage) throw;
    if (error.message().find('\n') == std::string::npos) return problems.add(error.place(), error.message(), error.hint());
    const std::vector<std::string> lines = split(error.message(), '\n');
    for (size_t i = 1; i < lines.size(); ++i) {  // the first is a headline
      const std::string_view line = trim(lines[i]);
      const size_t colon = line.find(": ");
      if (colon == std::string_view::npos) {
        problems.add("", std::string(line));
      } else {
        problems.add(std::string(line.substr(0, colon)), std::string(line.substr(colon + 2)));
      }
    }
  }
}

template <class Product>
void check_kind(const Registry<Product>& registry, const Value& value, const std::string& path, Problems& problems) {
  collect(problems, [&] {
    const Value* kind = value.find("kind");
    if (kind == nullptr || kind->as_string() == nullptr) {
      throw usage_error("{}.kind is missing; expected the name of a {}", path, registry.what()).at(value.place());
    }
    registry.find(*kind->as_string(), kind->place()).resolve(value, path);
  });
}

Value without(const Value& value, std::string_view key) {
  Value copy = value;
  if (Value::Object* object = copy.as_object()) std::erase_if(*object, [&](const auto& member) { return member.first == key; });
  return copy;
}

void check_optimizer(Value& value, Problems& problems) {
  // A rate alone is one of adamw.
  if (value.as_object() != nullptr && value.find("kind") == nullptr)
    value.as_object()->insert(value.as_object()->begin(), {"kind", Value("adamw")});
  const Value* rate = value.find("learning_rate");
  const bool zero = rate != nullptr && ((rate->as_int() != nullptr && *rate->as_int() == 0) ||
                                        (rate->as_double() != nullptr && *rate->as_double() == 0));
  check_kind(optimizers(), zero ? without(value, "learning_rate") : value, "train.optimizer", problems);
}

void check_objectives(const Recipe& recipe, Problems& problems) {
  if (recipe.objective.size() > 1) {
    problems.add(recipe.objective[1].place(), "several objectives are not supported in this version; expected one [[objective]]");
  }
  for (size_t i = 0; i < recipe.objective.size(); ++i) {
    const Value& objective = recipe.objective[i];
    const Value* weights = objective.find("class_weights");
    const bool balanced = weights != nullptr && weights->as_string() != nullptr && *weights->as_string() == "balanced";
    check_kind(objectives(), balanced ? without(objective, "class_weights") : objective, fmt::format("objective[{}]", i),
               problems);
  }
}

void check_methods(const Recipe& recipe, Problems& problems) {
  std::set<std::string> names;
  for (size_t i = 0; i < recipe.method.size(); ++i) {
    const std::string path = fmt::format("method[{}]", i);
    collect(problems, [&] {
      const Value resolved = resolve_method(recipe.method[i], path);
      const Value* name = resolved.find("name");
      if (name != nullptr && !names.insert(*name->as_string()).second) {
        throw usage_error("{}.name = {}; another method has that name", path, name->text()).at(recipe.method[i].place());
      }
      const std::string& kind = *resolved.find("kind")->as_string();
      if (recipe.method.size() > 1 && (kind == "bag_of_words" || kind == "linear_probe")) {
        throw usage_error("{}.kind = \"{}\"; it is fitted on its own, expected no other method", path, kind)
            .at(recipe.method[i].place());
      }
    });
  }
}

void check_prunes(const Recipe& recipe, Problems& problems) {
  for (size_t i = 0; i < recipe.prune.size(); ++i) {
    collect(problems, [&] { resolve_prune(recipe.prune[i], fmt::format("prune[{}]", i)); });
    const Value* kind = recipe.method.at(0).find("kind");
    if (kind == nullptr || kind->as_string() == nullptr) continue;
    if (*kind->as_string() == "bag_of_words" || *kind->as_string() == "linear_probe") {
      problems.add(recipe.prune[i].place(), fmt::format("{} is fitted, and has nothing to mask", *kind->as_string()));
    }
  }
}

constexpr const char* kFolded[] = {"evaluate", "save", "stop"};

/// Folds a [[callback]] of these kinds into the numbers of [train].
void fold_callback(const Value& value, const std::string& kind, const std::string& path, TrainOptions& train,
                   Problems& problems) {
  struct Options {
    int64_t every = 0, keep = 2, patience = 0;
  } options;
  Fields f;
  if (kind == "evaluate" || kind == "save") f("every", options.every).at_least(0);
  if (kind == "save") f("keep", options.keep).at_least(0);
  if (kind == "stop") f("patience", options.patience).required().at_least(1);
  read_fields(f.list(), value, path, problems, {"kind"});
  if (kind == "evaluate") train.evaluate_every = options.every;
  if (kind == "save") train.checkpoint_every = options.every, train.keep = options.keep;
  if (kind == "stop") train.patience = options.patience;
}

void take_callbacks(Recipe& recipe, Problems& problems) {
  std::vector<Value> own;
  std::vector<std::string> names(std::begin(kFolded), std::end(kFolded));
  for (const auto& entry : callbacks().entries()) names.push_back(entry.name);
  for (size_t i = 0; i < recipe.callback.size(); ++i) {
    const Value& value = recipe.callback[i];
    const std::string path = fmt::format("callback[{}]", i);
    const Value* found = value.find("kind");
    const std::string kind = found != nullptr && found->as_string() != nullptr ? *found->as_string() : "";
    if (std::find(names.begin(), names.end(), kind) == names.end()) {
      problems.add(found != nullptr ? found->place() : value.place(),
                   kind.empty() ? path + ".kind is missing; expected one of " + join(names, ", ")
                                : fmt::format("{}.kind = \"{}\"; expected one of {}{}", path, printable(kind), join(names, ", "),
                                              did_you_mean(kind, names)));
    } else if (std::find(std::begin(kFolded), std::end(kFolded), kind) != std::end(kFolded)) {
      fold_callback(value, kind, path, recipe.train, problems);
    } else {
      check_kind(callbacks(), value, path, problems);
      const auto same = [&](const Value& other) { return *other.find("kind")->as_string() == kind; };
      if (std::any_of(own.begin(), own.end(), same)) {
        problems.add(value.place(), fmt::format("{}.kind = \"{}\"; there is one of that kind already", path, kind));
      }
      own.push_back(value);
    }
  }
  recipe.callback = std::move(own);
}

void refuse_later_versions(const Value& value) {
  Problems problems;
  for (const char* key : {"quantize", "stage", "phase"}) {
    if (const Value* found = value.find(key))
      problems.add(found->place(), fmt::format("[[{}]] is not supported in this version", key));
  }
  problems.raise(ErrorKind::unsupported, "the recipe asks for what this version lacks");
}

}  // namespace

void ModelOptions::fields(Fields& f) {
  f("from", from).help("a Hugging Face folder, or a name in the Hugging Face cache");
  f("head", head)
      .one_of({"auto", "classify", "multi_label", "regress", "tokens", "masked_lm", "causal_lm", "seq2seq", "similarity"})
      .help("what the task needs; auto goes by the task");
  f("pooling", pooling)
      .one_of({"auto", "pooler", "first", "mean", "max", "last"})
      .help("from rows to one row; auto takes a sentence encoder's own, else the family's head");
}

void TrainOptions::fields(Fields& f) {
  f("epochs", epochs).at_least(0).help("0: 3, raised to reach 600 steps, at most 20");
  f("steps", steps).at_least(0).help("as many steps whatever the epochs; 0: as the epochs say");
  f("precision", precision)
      .one_of({"auto", "fp32", "bf16"})
      .help("of products with frozen weights; auto is bf16 where the processor has it");
  f("rule", rule).help("how gradients come to be: `list rules`");
  f("optimizer", optimizer).help("`list optimizers`; learning_rate 0 or absent is the method's own");
  f("schedule", schedule).help("of the learning rate");
  f("clip", clip).at_least(0).help("largest norm of all gradients together; 0: none");
  f("evaluate_every", evaluate_every).at_least(0).help("steps; 0: each epoch");
  f("checkpoint_every", checkpoint_every).at_least(0).help("steps; 0: at each evaluation");
  f("keep", keep).at_least(0).help("checkpoints kept beside the best");
  f("patience", patience).at_least(0).help("stop after so many evaluations without a better one; 0: never");
  f("on_nonfinite", on_nonfinite)
      .help("a loss or gradient that is not finite: stop, or skip:N to pass over N such steps at most");
  f("tensorboard", tensorboard).help("also write events for TensorBoard, in tensorboard/ of the run");
  f("train", train).help("patterns of parameters that train beside the method's");
}

Recipe::Recipe() { data.by_length = true; }

void Recipe::fields(Fields& f) {
  f("seed", seed).at_least(0).help("of everything that is drawn");
  f("model", model).help("the pretrained model");
  f("data", data).help("texts and labels");
  f("method", method).help("what is trained: `list methods`; none is one lora");
  f("prune", prune).help("which numbers of methods or base are zero from the start on: a score, a share, a pattern");
  f("objective", objective).help("what is lowered: `list objectives`; none is the task's usual one");
  f("callback", callback).help("evaluate { every }, save { every, keep }, stop { patience }; `list callbacks`");
  f("train", train).help("how");
}

Recipe read_recipe(const Value& value) {
  refuse_later_versions(value);
  Recipe recipe;
  Fields fields;
  recipe.fields(fields);
  Problems problems;
  read_fields(fields.list(), value, "", problems, {"sweep"});
  if (const Value* sweep = value.find("sweep"))
    problems.add(sweep->place(), "[sweep] is several runs; `espalier sweep` makes them, and this is for one");
  if (recipe.method.empty()) recipe.method.push_back(Value::Object{{"kind", "lora"}});
  check_methods(recipe, problems);
  check_prunes(recipe, problems);
  check_objectives(recipe, problems);
  check_optimizer(recipe.train.optimizer, problems);
  check_kind(rules(), recipe.train.rule, "train.rule", problems);
  take_callbacks(recipe, problems);
  collect(problems, [&] { skips_of(recipe.train.on_nonfinite, ""); });
  collect(problems, [&] { warmup_steps(recipe.train.schedule.warmup, 1000, 100, "train.schedule.warmup"); });
  if (recipe.model.head != "auto") {
    const std::string wanted = recipe.model.head;
    if (recipe.data.kind != "auto" && recipe.data.kind != wanted) {
      problems.add("", fmt::format("model.head = \"{}\" does not fit data.kind = \"{}\"", wanted, recipe.data.kind));
    }
    recipe.data.kind = wanted;
  }
  problems.raise(ErrorKind::usage, kHeadline);
  return recipe;
}

Recipe load_recipe(const fs::path& path, std::span<const Setting> settings) {
  Value value = read_toml(path);
  for (const Setting& setting : settings) value.set_path(setting.path, setting.value);
  return read_recipe(value);
}

}  // namespace espalier
