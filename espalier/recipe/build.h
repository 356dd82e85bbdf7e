// From resolved options to objects: the tokenizer, the head and the model of a plan with its methods attached.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "espalier/base/log.h"
#include "espalier/data/task.h"
#include "espalier/models/model.h"
#include "espalier/recipe/plan.h"
#include "espalier/train/objective.h"

namespace espalier {

/// The head that a task needs.
HeadOptions head_for(const Task& task, Pooling pooling);
/// The objective by which a kind of task is trained: "cross_entropy".
std::string objective_for(TaskKind kind);
/// A tokenizer that makes no pieces, for bag_of_words, which reads texts as they are.
std::unique_ptr<Tokenizer> no_tokenizer();
std::unique_ptr<Tokenizer> tokenizer_of(const Plan& plan, const fs::path& base);
/// That of a model's folder. A model that reads no text is an unsupported Error.
std::unique_ptr<Tokenizer> tokenizer_of(const Model& model, const fs::path& base);

/// What trains, in parts, each parameter once.
struct Trained {
  std::vector<Parameter*> method, head, extra;
  std::vector<Parameter*> all() const;
};
/// The base from `folder` with the plan's head.
std::unique_ptr<Model> load_base(const Plan& plan, const fs::path& folder, const Task& task, Log& log);
void attach_methods(Model& model, const Plan& plan);
/// Both.
std::unique_ptr<Model> build_model(const Plan& plan, const fs::path& folder, const Task& task, Log& log);
/// Head: what is under "head." and every newly initialised tensor; extra: what [train].train names.
Trained trained_parts(Model& model, const Recipe& recipe);
int64_t size_of(const std::vector<Parameter*>& parameters);
/// "lora: rank 8, alpha 16": the options that differ from nothing, for people.
std::string method_text(const Value& method);

}  // namespace espalier
