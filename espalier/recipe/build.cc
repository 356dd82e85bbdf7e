#include "espalier/recipe/build.h"

#include <set>

#include "espalier/base/pattern.h"
#include "espalier/base/text.h"
#include "espalier/models/load.h"
#include "espalier/recipe/methods.h"
#include "espalier/recipe/prune.h"
#include "espalier/text/pipeline.h"

namespace espalier {
namespace {

/// A vocabulary of nothing.
class NoPieces final : public TokenModel {
 public:
  void tokenize(std::string_view, std::vector<Piece>&) const override {}
  std::optional<int32_t> id(std::string_view) const override { return std::nullopt; }
  const std::string* token(int32_t) const override { return nullptr; }
  int64_t size() const override { return 0; }
  int64_t last_id() const override { return -1; }
};

}  // namespace

HeadOptions head_for(const Task& task, Pooling pooling) {
  HeadOptions head;
  head.kind = head_kind(kind_name(task.kind));
  head.labels = task.labels;
  head.pooling = pooling;
  return head;
}

std::string objective_for(TaskKind kind) {
  switch (kind) {
    case TaskKind::classify:
      return "cross_entropy";
    case TaskKind::multi_label:
      return "bce";
    case TaskKind::regress:
      return "mse";
    case TaskKind::tokens:
      return "token_cross_entropy";
    case TaskKind::similarity:
      return "cosine";
    case TaskKind::masked_lm:
      return "masked_lm";
    case TaskKind::causal_lm:
      return "causal_lm";
    case TaskKind::seq2seq:
      return "token_cross_entropy";
  }
  throw bug_error("a kind of task has no objective");
}

std::unique_ptr<Tokenizer> no_tokenizer() {
  auto pipeline = std::make_unique<Pipeline>();
  pipeline->model = std::make_unique<NoPieces>();
  pipeline->added = std::make_unique<AddedTokens>(std::vector<AddedToken>{}, nullptr);
  // The unknown token stands for every text, which is kept beside it.
  return std::make_unique<Tokenizer>(std::move(pipeline), SpecialIds{.unk = 0}, std::nullopt,
                                     std::map<std::string, std::string>{});
}

std::unique_ptr<Tokenizer> tokenizer_of(const Plan& plan, const fs::path& base) {
  return plan.needs_model() ? load_tokenizer(base) : no_tokenizer();
}

std::unique_ptr<Tokenizer> tokenizer_of(const Model& model, const fs::path& base) {
  if (model.facts().vocabulary == 0) {
    throw unsupported_error("a {} reads pictures; the commands read rows of text so far", model.family())
        .at(base.string())
        .hint("`espalier show sites` lists its places; the library runs it on a batch of pixels");
  }
  return load_tokenizer(base);
}

std::vector<Parameter*> Trained::all() const {
  std::vector<Parameter*> all = method;
  all.insert(all.end(), head.begin(), head.end());
  all.insert(all.end(), extra.begin(), extra.end());
  return all;
}

std::unique_ptr<Model> load_base(const Plan& plan, const fs::path& folder, const Task& task, Log& log) {
  LoadOptions load;
  load.head = head_for(task, pooling_from(plan.facts.pooling));
  load.seed = uint64_t(plan.recipe.seed);
  return load_model(folder, load, log);
}

void attach_methods(Model& model, const Plan& plan) {
  for (size_t i = 0; i < plan.recipe.method.size(); ++i) {
    model.attach(make_method(plan.recipe.method[i], fmt::format("method[{}]", i)), uint64_t(plan.recipe.seed));
  }
  for (size_t i = 0; i < plan.recipe.prune.size(); ++i) {
    model.attach(make_mask(plan.recipe.prune[i], fmt::format("prune[{}]", i)), uint64_t(plan.recipe.seed));
  }
}

std::unique_ptr<Model> build_model(const Plan& plan, const fs::path& folder, const Task& task, Log& log) {
  std::unique_ptr<Model> model = load_base(plan, folder, task, log);
  attach_methods(*model, plan);
  return model;
}

Trained trained_parts(Model& model, const Recipe& recipe) {
  Trained trained;
  std::set<Parameter*> seen;
  for (const auto& modifier : model.modifiers()) {
    for (Parameter* parameter : modifier->trained(model)) {
      if (seen.insert(parameter).second) trained.method.push_back(parameter);
    }
  }
  // The output layer of a model that writes is as large as its token table, and learned.
  const HeadKind kind = model.head() != nullptr ? model.head()->options().kind : HeadKind::none;
  const bool writer = kind == HeadKind::causal_lm || kind == HeadKind::seq2seq;
  for (Parameter* parameter : model.base_parameters()) {
    if (!parameter->is_new && (writer || !parameter->path().starts_with("head."))) continue;
    if (seen.insert(parameter).second) trained.head.push_back(parameter);
  }
  for (const std::string& pattern : recipe.train.train) {
    for (Parameter* parameter : model.parameters(pattern)) {
      if (seen.insert(parameter).second) trained.extra.push_back(parameter);
    }
  }
  return trained;
}

int64_t size_of(const std::vector<Parameter*>& parameters) {
  int64_t size = 0;
  for (const Parameter* parameter : parameters) size += parameter->size();
  return size;
}

std::string method_text(const Value& method) {
  std::vector<std::string> parts;
  std::string kind, name;
  for (const auto& [key, value] : *method.as_object()) {
    if (key == "kind") {
      kind = *value.as_string();
    } else if (key == "name") {
      name = *value.as_string();
    } else if (key != "sites" && key != "parameters" && value.text() != "{}" && value.text() != "false" &&
               value.text() != "\"\"" && value.text() != "\"none\"") {
      parts.push_back(key + " " + value.text());
    }
  }
  std::string text = kind;
  if (name != kind && !name.empty()) text += " '" + name + "'";
  return parts.empty() ? text : text + ": " + join(parts, ", ");
}

}  // namespace espalier
