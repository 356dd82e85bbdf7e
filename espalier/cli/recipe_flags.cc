#include "espalier/cli/recipe_flags.h"

#include <algorithm>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/cli/common_flags.h"
#include "espalier/data/named_task.h"
#include "espalier/recipe/toml.h"

namespace espalier {
namespace {

constexpr const char *kData = "Data", *kModel = "Model and method", *kTraining = "Training";

const std::vector<RecipeFlag>& recipe_flags() {
  using enum FlagKind;
  static const std::vector<RecipeFlag> flags{
      {"--model", "model.from", text, "MODEL", kModel, "a Hugging Face folder, or a name in the Hugging Face cache"},
      {"--pooling", "model.pooling", text, "NAME", kModel, "auto, pooler, first, mean, max or last"},
      {"--method", "method[0].kind", method, "NAME", kModel, "one of `espalier list methods`; lora by default"},
      {"--rank", "method[0].rank", value, "N", kModel, "of LoRA's updates"},
      {"--sites", "method[0].sites", text, "PATTERN", kModel,
       "where the method attaches; `espalier show sites` lists the places"},
      {"--data", "data.train", text, "FILE", kData, "training examples: .tsv .csv .jsonl .conll"},
      {"--dev", "data.dev", text, "FILE", kData, "chooses the best checkpoint; without it 10 % of --data are held out"},
      {"--test", "data.test", text, "FILE", kData, "only reported at the end"},
      {"--data-root", "data.root", text, "FOLDER", kData, "of the tasks known by name; else the environment's ESPALIER_DATA"},
      {"--task", "data.kind", task, "NAME", kData,
       "classify, multi-label, regression, tokens or similarity; or one of `espalier list tasks`"},
      {"--text", "data.text", list, "COLUMN", kData, "column of the text, or two with a comma between them"},
      {"--label", "data.label", list, "COLUMN", kData, "column of the label, or several with commas between them"},
      {"--labels", "data.labels", list, "NAMES", kData,
       "class names in the order of their ids; by default those of --data, sorted"},
      {"--group", "data.group", text, "COLUMN", kData,
       "rows with equal values stay on one side of the hold-out, such as a patient"},
      {"--holdout", "data.holdout", value, "SHARE", kData, "share of --data that is held out where there is no --dev"},
      {"--long", "data.long_texts", long_texts, "HOW", kData, "too long texts: cut, head-tail or windows"},
      {"--max-length", "data.max_length", value, "TOKENS", kData, "longest text; by default 512 or what the model allows"},
      {"--quote", "data.quote", yes, "", kData, "cells may stand in quotes, in TSV too"},
      {"--no-header", "data.header", no, "", kData, "the first row is data; columns are numbered from 0"},
      {"--keep-text", "data.keep_text", yes, "", kData,
       "dev_predictions.tsv holds the texts too; nothing of a run does otherwise"},
      {"--epochs", "train.epochs", value, "N", kTraining, "by default 3, raised to reach 600 steps, at most 20"},
      {"--batch", "data.batch", value, "N", kTraining, "examples of one step; 32 by default"},
      {"--learning-rate", "train.optimizer.learning_rate", value, "RATE", kTraining, "by default the method's own"},
      {"--seed", "seed", value, "N", kTraining, "of everything that is drawn; 1 by default"},
      {"--tensorboard", "train.tensorboard", yes, "", kTraining, "also write events for TensorBoard, in tensorboard/ of the run"},
      {"--precision", "train.precision", text, "NAME", kTraining, "auto, fp32 or bf16"},
      {"--checkpoint-every", "train.checkpoint_every", value, "STEPS", kTraining, "by default at each evaluation"},
      {"--on-nonfinite", "train.on_nonfinite", text, "HOW", kTraining,
       "a loss or gradient that is not finite: stop (default), or skip:N to pass over N such steps at most"},
  };
  return flags;
}

Value texts(const std::vector<std::string>& names, const std::string& place) {
  Value::Array array;
  for (const std::string& name : names) array.push_back(Value(name).at(place));
  return Value(std::move(array)).at(place);
}

bool is_named_task(const std::string& text) {
  const auto& tasks = named_tasks();
  return text.find('/') != std::string::npos ||
         std::any_of(tasks.begin(), tasks.end(), [&](const NamedTask& task) { return task.name == text; });
}

const std::string* method_of(const Value& tree) {
  const Value* methods = tree.find("method");
  if (methods == nullptr || methods->as_array() == nullptr || methods->as_array()->empty()) return nullptr;
  const Value* kind = methods->as_array()->front().find("kind");
  return kind != nullptr ? kind->as_string() : nullptr;
}

/// Another method takes nothing over from the recipe's: its options mean something else.
void set_method(Value& tree, const std::string& kind, const std::string& place) {
  const std::string* known = method_of(tree);
  if (known != nullptr && *known == kind) return;
  Value method(Value::Object{{"kind", Value(kind).at(place)}});
  tree.set("method", Value(Value::Array{method.at(place)}).at(place));
}

void set_flag(Value& tree, const RecipeFlag& flag, const std::string& typed) {
  const std::string place = flag.name;
  const std::string path = flag.path;
  const Value* methods = tree.find("method");
  if (path.starts_with("method[0].") && methods != nullptr && methods->as_array() != nullptr && methods->as_array()->size() > 1) {
    throw usage_error("the recipe has {} methods, so it is not clear which one {} means", methods->as_array()->size(), place)
        .hint(fmt::format("give --set {}={}, with the number of the method in the brackets", path, typed));
  }
  switch (flag.kind) {
    case FlagKind::value: {
      tree.set_path(path, parse_setting(path + "=" + typed).value.at(place));
      break;
    }
    case FlagKind::text:
      tree.set_path(path, Value(typed).at(place));
      break;
    case FlagKind::list:
      tree.set_path(path, texts(names_in(typed), place));
      break;
    case FlagKind::task:
      if (is_named_task(typed)) {
        tree.set_path("data.task", Value(typed).at(place));
      } else {
        tree.set_path(path, Value(kind_name(parse_kind(typed, place))).at(place));
      }
      break;
    case FlagKind::long_texts:
      tree.set_path(path, Value(replace_all(typed, "-", "_")).at(place));
      break;
    case FlagKind::method:
      set_method(tree, typed, place);
      break;
    case FlagKind::yes:
      tree.set_path(path, Value(true).at(place));
      break;
    case FlagKind::no:
      tree.set_path(path, Value(false).at(place));
      break;
  }
}

}  // namespace

void RecipeFlags::add(CLI::App& verb) {
  verb.add_option("recipe", file_, "a recipe file, such as recipes/glue/sst2-lora.toml; flags change what it says")
      ->type_name("RECIPE");
  for (const RecipeFlag& flag : recipe_flags()) {
    const bool bare = flag.kind == FlagKind::yes || flag.kind == FlagKind::no;
    CLI::Option* option =
        bare ? verb.add_flag_callback(
                   flag.name, [this, &flag] { given_.emplace_back(&flag, ""); }, flag.help)
             : verb.add_option_function<std::string>(
                   flag.name, [this, &flag](const std::string& typed) { given_.emplace_back(&flag, typed); }, flag.help);
    option->group(flag.group);
    if (!bare) option->type_name(flag.type);
  }
  verb.add_option_function<std::vector<std::string>>(
          "--set", [this](const std::vector<std::string>& all) { settings_ = all; },
          "anything else of a recipe, such as --set train.clip=0.5; may be given several times")
      ->type_name("PATH=VALUE")
      ->expected(1)
      ->take_all()
      ->group(kTraining);
}

Value RecipeFlags::tree() const {
  Value tree(Value::Object{});
  if (!file_.empty()) {
    if (fs::is_directory(file_)) {
      throw usage_error("{} is a folder; expected a recipe file", file_)
          .hint(fs::exists(fs::path(file_) / "plan.toml") ? fmt::format("to go on with that run: train --resume {}", file_)
                                                          : fmt::format("a model is named with --model {}", file_));
    }
    tree = read_toml(file_);
  }
  return over(std::move(tree));
}

Value RecipeFlags::over(Value tree) const {
  // The method goes first, whatever the order on the line: its options belong to it.
  for (const bool method : {true, false}) {
    for (const auto& [flag, typed] : given_) {
      if ((flag->kind == FlagKind::method) == method) set_flag(tree, *flag, typed);
    }
  }
  for (const std::string& text : settings_) {
    const Setting setting = parse_setting(text);
    tree.set_path(setting.path, setting.value);
  }
  return tree;
}

bool RecipeFlags::says_what() const { return !file_.empty() || !typed("--data").empty() || !typed("--task").empty(); }

std::string RecipeFlags::typed(const std::string& name) const {
  for (const auto& [flag, typed] : given_) {
    if (flag->name == name) return typed;
  }
  return "";
}

std::vector<std::string> RecipeFlags::names() const {
  std::vector<std::string> names;
  if (!file_.empty()) names.push_back(file_);
  for (const auto& given : given_) names.emplace_back(given.first->name);
  if (!settings_.empty()) names.emplace_back("--set");
  return names;
}

}  // namespace espalier
