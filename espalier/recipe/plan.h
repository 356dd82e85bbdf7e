// Plan: a recipe with nothing left open: plain data, checked whole before a tensor is allocated, printed, stored with the run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "espalier/base/log.h"
#include "espalier/recipe/recipe.h"

namespace espalier {

/// What was found while resolving; stored beside the recipe's own words in plan.toml.
struct PlanFacts {
  int64_t format_version = 1;
  std::string model_sha256;  ///< what hash_model gives
  std::string family, head, pooling;
  std::vector<std::string> sites;  ///< where methods attach
  int64_t method_parameters = 0, head_parameters = 0, extra_parameters = 0;
  int64_t total_parameters = 0;  ///< of backbone and head
  int64_t train_rows = 0, dev_rows = 0, test_rows = 0;
  std::string train_sha256, dev_sha256, test_sha256;  ///< of the files; "" where there is none
  bool held_out = false;
  std::vector<int64_t> class_counts;  ///< of train
  double dev_majority = 0, test_majority = 0;
  int64_t steps_per_epoch = 0, epochs = 0, steps = 0, warmup = 0;
  std::string epochs_reason;  ///< "" where the recipe says them
  std::string precision, precision_reason;
  int64_t threads = 0;       ///< that computed when the plan was made; a resumed run takes as many
  int64_t memory_bytes = 0;  ///< an estimate: weights, trained values with optimizer state, activations
  void fields(Fields& f);
  int64_t trained_parameters() const { return method_parameters + head_parameters + extra_parameters; }
};

struct Plan {
  Recipe recipe;  ///< resolved: absolute paths, labels, metrics, options with every default
  PlanFacts facts;

  const std::string& method() const;  ///< kind of the first
  bool needs_model() const;           ///< false for bag_of_words
  /// As people read it: `show plan`, --dry-run, and the first lines of a run.
  std::string text() const;
  Value to_value() const;
  std::string toml() const;
  /// sha256 of everything but paths, threads, and what decides only when a run is saved or ends in an error: two plans of one
  /// id give the same bits on one machine with as many threads.
  std::string id() const;
};

/// Opens config, tokenizer and data files; no weights. Notes (classes, split, long texts) go to `log`.
Plan resolve(const Recipe& recipe, Log& log);
/// What to_value() gave; read from plan.toml.
Plan read_plan(const Value& value);
Plan load_plan(const fs::path& plan_toml);
/// sha256 of a model folder's weights: of model.safetensors, or where there are shards or a head beside the model, of the lines
/// that hold the sha256 of each file.
std::string hash_model(const fs::path& folder);
/// The folder of the plan's model, or `override` if that is not empty. A usage Error that names --model and the expected hash
/// when nothing is there or the weights differ.
fs::path locate_base(const Plan& plan, const std::string& override);

}  // namespace espalier
