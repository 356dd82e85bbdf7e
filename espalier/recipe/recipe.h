// Recipe: what a user asks for, as a TOML file or flags say it; docs/recipes.md. Nothing is opened to read one.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "espalier/base/fields.h"
#include "espalier/base/files.h"
#include "espalier/data/options.h"
#include "espalier/recipe/toml.h"
#include "espalier/train/schedule.h"

namespace espalier {

struct ModelOptions {
  std::string from;
  std::string head = "auto";
  std::string pooling = "auto";
  void fields(Fields& f);
};

struct TrainOptions {
  int64_t epochs = 0;
  int64_t steps = 0;
  std::string precision = "auto";
  Value rule = Value(Value::Object{{"kind", "plain"}});
  Value optimizer = Value(Value::Object{{"kind", "adamw"}});  ///< without learning_rate, or 0: the method's default
  ScheduleOptions schedule;
  double clip = 1;
  int64_t evaluate_every = 0, checkpoint_every = 0, keep = 2;
  int64_t patience = 0;
  std::string on_nonfinite = "stop";  ///< or "skip:N"
  bool tensorboard = false;
  std::vector<std::string> train;  ///< patterns of parameters that train beside the method's
  void fields(Fields& f);
};

struct Recipe {
  int64_t seed = 1;
  ModelOptions model;
  DataOptions data;              ///< by_length is on, unlike elsewhere
  std::vector<Value> method;     ///< each a table with "kind"; empty = one lora
  std::vector<Value> objective;  ///< at most one; empty = the usual one of the task
  std::vector<Value> prune;      ///< masks over methods or base, chosen before the first step: recipe/prune.h
  std::vector<Value> callback;   ///< of callbacks(); evaluate, save and stop are folded into `train`
  TrainOptions train;
  Recipe();
  void fields(Fields& f);
};

/// Checks everything that can be known without opening a file; all problems are one usage Error. Keys of later versions
/// ([[quantize]], [[stage]], [[phase]]) are an unsupported Error.
Recipe read_recipe(const Value& value);
/// A recipe file with overrides, applied in order before anything is checked.
Recipe load_recipe(const fs::path& path, std::span<const Setting> settings = {});

/// A method of `espalier list methods`: those of peft/ and the control row that needs no model.
struct MethodEntry {
  std::string name, help;
  std::vector<FieldDoc> options;
};
std::vector<MethodEntry> method_entries();
/// The options of a method, checked and with defaults filled in; "kind" comes first.
Value resolve_method(const Value& method, const std::string& path);
/// The rate at which a method starts; `width` is the model's hidden size.
double default_learning_rate(const std::string& method, int64_t width);

}  // namespace espalier
