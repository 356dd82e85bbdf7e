#include "espalier/recipe/session.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "espalier/base/text.h"
#include "espalier/data/dataset.h"
#include "espalier/io/json.h"
#include "espalier/models/load.h"
#include "espalier/models/sentence_folder.h"
#include "espalier/peft/formats/peft.h"
#include "espalier/recipe/adapter.h"
#include "espalier/recipe/build.h"
#include "espalier/report/run.h"
#include "espalier/train/precision.h"
#include "espalier/train/state.h"

namespace espalier {
namespace {

/// The best checkpoint of a run that has no adapter yet, else the newest.
std::unique_ptr<Model> load_checkpoint(const Plan& plan, const RunFolder& run, const fs::path& base, const Task& task, Log& log) {
  const std::vector<int64_t> steps = run.checkpoint_steps();
  if (steps.empty()) {
    throw usage_error("the run has neither an adapter nor a checkpoint yet").at(run.path().string()).hint("train it first");
  }
  const State state = load_state(run.checkpoint(steps.back()));
  const int64_t step = state.best_step >= 0 ? state.best_step : state.step;
  MemoryLog quiet;
  std::unique_ptr<Model> model = build_model(plan, base, task, quiet);
  for (const auto& modifier : model->modifiers()) {
    if (modifier->wants_examples() == 0) continue;
    throw unsupported_error("the run has not finished, and a checkpoint does not hold what '{}' chose by data", modifier->name())
        .at(run.path().string())
        .hint("go on with `espalier train --resume`");
  }
  restore(trained_parts(*model, plan.recipe).all(), load_trained(run.checkpoint(step)), run.checkpoint(step).string());
  log.warn(fmt::format("the run has not finished: this is its checkpoint of step {}", with_commas(step)));
  return model;
}

void use_for_embedding(Session& session, const std::string& pooling, const fs::path& folder) {
  HeadOptions head{.kind = HeadKind::embed};
  head.pooling = pooling_from(pooling);
  if (head.pooling == Pooling::automatic || head.pooling == Pooling::pooler) {
    // A pooler belongs to a classifier; sentences are embedded by their mean where the model does not say otherwise.
    const bool own = !sentence_encoder_of(folder).empty();
    head.pooling = own ? resolve_pooling(Pooling::automatic, folder, *session.model) : Pooling::mean;
  }
  session.model->set_head(make_head(*session.model, head));
}

TaskKind kind_of(HeadKind head, const std::string& place) {
  if (head != HeadKind::none && head != HeadKind::embed) return parse_kind(head_name(head));
  throw usage_error("the model has no head, so it predicts nothing")
      .at(place)
      .hint("`espalier embed` needs none; or name an adapter with --adapter, or a run folder");
}

/// The base's sha256 against the one that the adapter was trained on.
std::string hash_note(const nlohmann::json& notes, const fs::path& base) {
  const std::string expected = notes.is_object() ? notes.value("model_sha256", "") : "";
  if (expected.empty()) return "base hash unknown (the adapter does not say)";
  return hash_model(base) == expected ? "base hash matched" : "base hash differs: the adapter was trained on other weights";
}

void attach_adapter(Session& session, const fs::path& adapter, const nlohmann::json& notes, Log& log) {
  if (!fs::exists(adapter / "adapter_config.json")) {
    throw usage_error("this is no PEFT folder: adapter_config.json is missing")
        .at(adapter.string())
        .hint("for a run's own folder leave out --model and --adapter: espalier predict RUN");
  }
  load_peft(*session.model, adapter, "", log);
  const std::string hash = hash_note(notes, session.base);
  if (hash.find("differs") != std::string::npos) {
    log.warn(hash);
  } else {
    log.note(hash);
  }
}

/// Heads that nobody has trained would give random answers.
void refuse_fresh_head(const std::vector<std::pair<Parameter*, const void*>>& fresh, const std::string& place) {
  std::vector<std::string> untrained;
  for (const auto& [parameter, data] : fresh) {
    if (parameter->leaf().const_data_ptr() == data) untrained.push_back(parameter->path());
  }
  if (untrained.empty()) return;
  throw usage_error("the head is untrained: {} found neither in the model nor in an adapter", join(untrained, ", "))
      .at(place)
      .hint("name a run folder, an adapter with a head, or a model with one");
}

}  // namespace

Session open_run(const fs::path& folder, const OpenOptions& options, Log& log) {
  const RunFolder run(folder);
  Session session;
  session.folder = folder;
  session.plan = load_plan(run.plan());
  const Plan& plan = *session.plan;
  session.data = plan.recipe.data;
  session.task = make_task(session.data, session.data.max_length);
  session.precision = choose_precision(options.precision, false).precision;
  if (!plan.needs_model()) {
    if (options.embed) throw usage_error("a bag of words embeds no sentences").at(folder.string());
    session.tokenizer = no_tokenizer();
    session.bag = BagOfWords::load(bag_file(run.adapter()));
    return session;
  }
  session.base = locate_base(plan, options.model);
  session.tokenizer = load_tokenizer(session.base);
  MemoryLog quiet;
  session.model = fs::exists(run.adapter()) ? load_adapted(plan, session.base, run.adapter(), session.task, quiet)
                                            : load_checkpoint(plan, run, session.base, session.task, log);
  if (options.embed) use_for_embedding(session, options.pooling == "auto" ? plan.facts.pooling : options.pooling, session.base);
  session.model->freeze();
  return session;
}

Session open_model(const std::string& model, const fs::path& adapter, const OpenOptions& options, Log& log) {
  Session session;
  session.folder = session.base = find_model(model);
  const nlohmann::json notes = adapter.empty() ? nlohmann::json() : adapter_notes(adapter);
  LoadOptions load;
  load.head = head_of_folder(session.base);
  if (notes.is_object()) {
    load.head->kind = head_kind(notes.value("head", "none"));
    load.head->labels = notes.value("labels", std::vector<std::string>{});
    load.head->pooling = pooling_from(notes.value("pooling", "auto"));
  } else if (const fs::path config = session.base / "config.json";
             fs::exists(adapter / "adapter_config.json") && fs::exists(config)) {
    load.head = peft_head(*make_model(read_json(config), config.string()), adapter, *load.head);
  }
  if (options.pooling != "auto") load.head->pooling = pooling_from(options.pooling);
  if (options.embed) load.head->kind = HeadKind::none;
  MemoryLog quiet;
  session.model = load_model(session.base, load, adapter.empty() ? log : quiet);
  std::vector<std::pair<Parameter*, const void*>> fresh;
  session.model->each_parameter([&](Parameter& parameter) {
    if (parameter.is_new) fresh.emplace_back(&parameter, parameter.leaf().const_data_ptr());
  });
  if (!adapter.empty()) attach_adapter(session, adapter, notes, log);
  if (options.embed) {
    use_for_embedding(session, options.pooling, session.base);
  } else {
    refuse_fresh_head(fresh, session.base.string());
    const Head* head = session.model->head();
    session.task.kind = kind_of(head != nullptr ? head->options().kind : HeadKind::none, session.base.string());
    session.task.labels = head->options().labels;
  }
  session.tokenizer = tokenizer_of(*session.model, session.base);
  const fs::path encoder = sentence_encoder_of(session.base);
  const int64_t asked = options.max_length > 0 ? options.max_length
                        : notes.is_object()    ? notes.value("max_length", int64_t{0})
                        : !encoder.empty() && (options.embed || has_head_beside(session.base))
                            ? std::min(sentence_length(encoder), session.model->facts().positions)
                            : 0;
  session.task.limit.max_length = choose_max_length(asked, session.model->facts().positions, *session.tokenizer);
  session.task.metrics = default_metrics(session.task.kind, session.task.labels);
  session.task.best = session.task.metrics.at(0);
  session.data.kind = kind_name(session.task.kind);
  session.data.labels = session.task.labels;
  session.data.max_length = session.task.limit.max_length;
  session.precision = choose_precision(options.precision, false).precision;
  session.model->freeze();
  return session;
}

}  // namespace espalier
