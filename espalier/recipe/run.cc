#include "espalier/recipe/run.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "espalier/base/text.h"
#include "espalier/base/threads.h"
#include "espalier/io/json.h"
#include "espalier/nn/tensor.h"
#include "espalier/pruning/mask.h"
#include "espalier/recipe/adapter.h"
#include "espalier/recipe/environment.h"
#include "espalier/recipe/methods.h"
#include "espalier/recipe/narrator.h"
#include "espalier/recipe/outcome.h"
#include "espalier/recipe/plan_change.h"
#include "espalier/recipe/profile_report.h"
#include "espalier/recipe/tensorboard_log.h"
#include "espalier/recipe/toml.h"
#include "espalier/report/event.h"
#include "espalier/train/callbacks/early_stopping.h"
#include "espalier/train/profiler.h"

namespace espalier {
namespace {

using Json = nlohmann::json;

Precision precision_of(const Plan& plan) { return plan.facts.precision == "bf16" ? Precision::bf16 : Precision::exact; }

double since(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

/// One training of one plan in one folder.
class Run {
 public:
  Run(const Plan& plan, const RunFolder& folder, fs::path base, const RunOptions& options, Log& log)
      : plan_(plan), recipe_(plan.recipe), folder_(folder), base_(std::move(base)), options_(options), log_(log) {
    MemoryLog quiet;  // resolving the plan has said it all
    tokenizer_ = tokenizer_of(plan_, base_);
    data_ = std::make_unique<DataSet>(recipe_.data, *tokenizer_, recipe_.data.max_length, uint64_t(recipe_.seed), quiet);
    check_data();
  }

  RunResult go(bool resume) {
    result_.folder = folder_.path();
    result_.metric = task().best;
    result_.steps = plan_.facts.steps;
    try {
      if (plan_.method() == "bag_of_words") {
        fit_bag();
      } else if (plan_.method() == "linear_probe") {
        fit_probe();
      } else {
        train(resume);
      }
      if (result_.ending != Ending::interrupted) finish();
    } catch (...) {
      try {
        folder_.append_event({{"kind", "end"}, {"step", result_.step}, {"reason", "failed"}});
      } catch (const Error&) {  // on a full disk what went wrong first is what counts
      }
      throw;
    }
    folder_.append_event({{"kind", "end"}, {"step", result_.step}, {"reason", ending_name(result_.ending)}});
    return result_;
  }

 private:
  const Task& task() const { return data_->task(); }

  void check_data() const {
    const PlanFacts& facts = plan_.facts;
    Problems problems;
    const auto check = [&](Part part, int64_t expected, const std::string& sha256) {
      const int64_t rows = data_->has(part) ? data_->rows(part) : 0;
      const std::string place = expected > 0 && data_->has(part) ? data_->path(part) : part_name(part);
      const char* hint = "put the file back as it was, or start another run with another --out";
      if (rows != expected) {
        problems.add(place, fmt::format("{} rows; the plan was made with {}", with_commas(rows), with_commas(expected)), hint);
      } else if (!sha256.empty() && data_->sha256(part) != sha256) {
        problems.add(place, fmt::format("its SHA-256 is {}; the plan was made with {}", data_->sha256(part), sha256), hint);
      }
    };
    check(Part::train, facts.train_rows, facts.train_sha256);
    check(Part::dev, facts.dev_rows, facts.dev_sha256);
    check(Part::test, facts.test_rows, facts.test_sha256);
    problems.raise(ErrorKind::data, "the data has changed since the plan was made");
  }

  void start_event(int64_t from) {
    folder_.rewind_events(from);
    folder_.append_event(
        {{"kind", "start"}, {"step", from}, {"format_version", kEventsVersion}, {"plan", plan_.id()}, {"from_step", from}});
    record_environment(folder_, plan_, from);
  }

  void fit_bag() {
    const auto began = std::chrono::steady_clock::now();
    start_event(0);
    const TextRows rows = texts(Part::train);
    bag_ = BagOfWords::fit(rows.texts, targets_of(task(), rows.targets), task().labels, link_of(task().kind),
                           bag_options(recipe_.method[0]), options_.stop);
    if (bag_->stopped()) result_.ending = Ending::interrupted;
    method_parameters_ = total_parameters_ = bag_->size();
    count_time(since(began), int64_t(rows.texts.size()));
  }

  TextRows texts(Part part) const {
    const auto reader = data_->open(part, {.keep = task().text});
    return read_texts(*reader);
  }

  void fit_probe() {
    const auto began = std::chrono::steady_clock::now();
    start_event(0);
    build();
    const ProbeResult probe = fit_linear_probe(*model_, task(), data_->evaluate(Part::train), probe_options(recipe_.method[0]),
                                               precision_of(plan_), log_, options_.stop);
    if (probe.stopped) result_.ending = Ending::interrupted;
    count_time(since(began), probe.rows);
  }

  void build() {
    if (options_.base != nullptr) {
      model_ = &options_.base->open(plan_, base_, task(), log_);
    } else {
      own_model_ = build_model(plan_, base_, task(), log_);
      model_ = own_model_.get();
    }
    model_->freeze();
    trained_ = trained_parts(*model_, recipe_);
    method_parameters_ = size_of(trained_.method);
    total_parameters_ = 0;
    for (const Parameter* parameter : model_->base_parameters()) total_parameters_ += parameter->size();
  }

  /// Methods that choose by data do so before the first step; a resumed run looks at the same examples and chooses the same.
  void prepare(Objective& objective) {
    int64_t wanted = 0, examples = 0;
    for (const auto& modifier : model_->modifiers()) wanted = std::max(wanted, modifier->wants_examples());
    if (wanted > 0) {
      const std::unique_ptr<BatchStream> stream = data_->stream();  // of its own: the training stream is not moved
      stream->start(0);
      std::vector<Batch> batches, step;
      while (examples < wanted && stream->next(step)) {
        for (const Batch& batch : step) {
          batches.push_back(batch);
          examples += batch.size();
        }
      }
      const Sample sample(int64_t(batches.size()), [&](int64_t i, Pass& pass) {
        const Losses losses = objective(*model_, batches[size_t(i)], pass);
        return losses.sums.sum() / losses.counts.sum();
      });
      for (const auto& modifier : model_->modifiers()) {
        if (modifier->wants_examples() > 0) modifier->prepare(*model_, sample);
      }
    }
    for (const auto& modifier : model_->modifiers()) {
      const auto* mask = dynamic_cast<const Mask*>(modifier.get());
      if (mask == nullptr) continue;
      log_.note(fmt::format("'{}' keeps {} of {} numbers{}", mask->name(), with_commas(mask->size() - mask->pruned()),
                            with_commas(mask->size()),
                            mask->wants_examples() > 0 ? fmt::format(", chosen by {} examples", with_commas(examples)) : ""));
      for (const Parameter* p : mask->pool()) {
        const Tensor kept = mask->mask_of(*p);
        if (p->trained()) method_parameters_ -= kept.numel() - kept.sum().item<int64_t>();
      }
    }
  }

  void train(bool resume) {
    const auto began = std::chrono::steady_clock::now();
    build();
    std::vector<Phase> phases(1);
    Phase& phase = phases[0];
    phase.trained = trained_.all();
    for (Parameter* parameter : phase.trained) parameter->train(true);
    phase.objective = objectives().make(recipe_.objective.at(0), "objective[0]");
    phase.rule = rules().make(recipe_.train.rule, "train.rule");
    phase.optimizer = optimizers().make(recipe_.train.optimizer, "train.optimizer");
    std::unique_ptr<BatchStream> stream = data_->stream();
    stream->counts().report(data_->path(Part::train), log_);
    phase.schedule = Schedule(recipe_.train.schedule, plan_.facts.steps, stream->steps_per_epoch());
    if (stream->steps_per_epoch() != plan_.facts.steps_per_epoch) {
      throw data_error("the data gives {} steps an epoch; the plan was made with {}", stream->steps_per_epoch(),
                       plan_.facts.steps_per_epoch)
          .at(data_->path(Part::train));
    }
    phase.source = std::make_unique<StreamSource>(std::move(stream), data_->path(Part::train));
    Objective& objective = *phase.objective;
    prepare(objective);

    const Metric& best = find_metric(task().best);
    TrainerOptions options;
    options.epochs = plan_.facts.epochs;
    options.steps = plan_.facts.steps;
    options.clip = recipe_.train.clip;
    options.evaluate_every = recipe_.train.evaluate_every;
    options.checkpoint_every = recipe_.train.checkpoint_every;
    options.keep = recipe_.train.keep;
    options.seed = uint64_t(recipe_.seed);
    options.precision = precision_of(plan_);
    options.larger_is_better = best.larger_is_better;
    options.checkpoints = folder_.checkpoints();
    options.skips = skips_of(recipe_.train.on_nonfinite, "train.on_nonfinite");
    options.plan = plan_.id();
    options.plan_text = plan_.toml();
    Trainer trainer(*model_, std::move(phases), options);
    trainer.evaluate_with([&] {
      const Evaluated dev =
          evaluate(*model_, task(), data_->evaluate(Part::dev), {.precision = precision_of(plan_), .objective = &objective});
      return Evaluation{dev.metrics, dev.metrics.at(task().best)};
    });

    Narrator narrator(folder_, plan_, options_.show ? nullptr : &log_);
    EarlyStopping stopping(recipe_.train.patience);
    std::unique_ptr<Callback> shown = options_.show ? options_.show(plan_) : nullptr;
    trainer.add(stopping);
    std::optional<Profiler> profiler;
    if (options_.profile > 0) trainer.add(profiler.emplace(options_.profile));
    std::vector<std::unique_ptr<Callback>> own;
    for (size_t i = 0; i < recipe_.callback.size(); ++i) {
      own.push_back(callbacks().make(recipe_.callback[i], fmt::format("callback[{}]", i)));
      own.back()->tell = [this](int64_t step, const std::string& text) {
        folder_.append_event({{"kind", "note"}, {"step", step}, {"text", text}});
        log_.warn(text);
      };
      trainer.add(*own.back());
    }
    trainer.add(narrator);
    TensorboardLog tensorboard(folder_.path() / "tensorboard");
    if (recipe_.train.tensorboard) trainer.add(tensorboard);
    if (shown != nullptr) trainer.add(*shown);

    if (resume && !folder_.checkpoint_steps().empty()) {
      check_plan();
      go_on(trainer.resume(options_.older), trainer.total_steps());
    } else if (resume) {
      log_.note("no checkpoint was written yet: from the beginning, same plan");
      check_threads(plan_.facts.threads);
    }
    start_event(result_.from_step);
    const TrainResult trained = trainer.run(options_.stop);
    result_.ending = trained.ending;
    result_.step = trained.step;
    result_.steps = trained.total;
    result_.best_step = trained.best_step;
    result_.skipped = trained.skipped;
    count_time(since(began), trained.examples);
    if (profiler) write_profile(profiler->profile());
  }

  void write_profile(const Profile& profile) {
    if (profile.steps < options_.profile) {
      log_.warn(fmt::format("{} of {} steps are profiled: the run took no more after the first {}", profile.steps,
                            options_.profile, profile.warm_up));
    }
    if (profile.steps == 0) return;
    const ProductLimit limit = measure_limit(precision_of(plan_));
    write_json(folder_.path() / "profile.json", profile_json(profile, limit));
    result_.profile = profile_text(profile, limit);
  }

  void go_on(const Resumed& from, int64_t total) {
    for (const std::string& damaged : from.passed_over) log_.warn("passed over and removed: " + damaged);
    result_.from_step = from.step;
    log_.note(fmt::format("from step {} of {}, same plan", with_commas(from.step), with_commas(total)));
    check_threads(from.threads);
  }

  void check_threads(int64_t before) {
    const int64_t now = at::get_num_threads();
    if (before == 0 || before == now) return;
    log_.warn(fmt::format(
        "{} threads compute now, and {} did before: the run goes on, but not bit for bit as if it had not stopped", now, before));
  }

  /// plan.toml may have been edited since the newest checkpoint was written.
  void check_plan() const {
    const fs::path checkpoint = folder_.checkpoint(folder_.checkpoint_steps().back());
    State state;
    try {
      state = load_progress(checkpoint);
    } catch (const Error&) {
      return;  // damaged: the trainer says so
    }
    if (state.plan == plan_.id() || state.plan_text.empty()) return;
    allowed_changes(read_plan(parse_toml(state.plan_text, (checkpoint / "state.json").string())), plan_, folder_.plan().string());
  }

  /// Adds to the seconds of earlier parts of this run.
  void count_time(double seconds, int64_t examples) {
    double before = 0;
    if (result_.from_step > 0 && fs::exists(folder_.timing())) before = folder_.read_timing().value("seconds", 0.0);
    result_.seconds = before + seconds;
    result_.examples_per_second = result_.seconds > 0 ? double(examples) / result_.seconds : 0;
    folder_.write_timing({{"seconds", result_.seconds},
                          {"examples_per_second", result_.examples_per_second},
                          {"peak_rss_bytes", peak_rss_bytes()}});
  }

  Evaluated evaluate_part(Part part) {
    if (bag_) return evaluate_bag(*bag_, task(), texts(part));
    // In fp32 whatever training took, so that `evaluate` on the run gives the same figures.
    return evaluate(*model_, task(), data_->evaluate(part), {.keep_predictions = true});
  }

  void finish() {
    if (bag_) {
      save_adapter(*bag_, plan_, folder_.adapter());
    } else {
      save_adapter(*model_, plan_, trained_, folder_.adapter());
    }
    Outcome outcome;
    outcome.dev = evaluate_part(Part::dev);
    const std::vector<int64_t>& counts = data_->class_counts(Part::train);
    const double mean = data_->mean(Part::train);
    outcome.dev_majority = majority_metrics(task(), outcome.dev.input, counts, mean);
    if (data_->has(Part::test)) {
      outcome.test = evaluate_part(Part::test);
      outcome.test_majority = majority_metrics(task(), outcome.test->input, counts, mean);
      result_.test = outcome.test->metrics;
    }
    result_.dev = outcome.dev.metrics;
    result_.adapter_bytes = adapter_bytes(folder_.adapter());
    result_.text = outcome_text(task(), outcome);
    const TextsByRow texts = recipe_.data.keep_text ? texts_of(*data_, Part::dev) : TextsByRow();
    write_file(folder_.dev_predictions(), predictions_tsv(task(), outcome.dev, recipe_.data.keep_text ? &texts : nullptr));
    write_results(outcome);
    if (options_.pictures) draw_pictures(folder_, plan_, task(), outcome);
  }

  void write_results(const Outcome& outcome) {
    const int64_t head = size_of(trained_.head), extra = size_of(trained_.extra);
    const std::string task_name = recipe_.data.task.empty() ? recipe_.data.kind : recipe_.data.task;
    folder_.write_result(
        {{"method", plan_.method()},
         {"task", task_name},
         {"model", plan_.needs_model() ? fs::path(recipe_.model.from).filename().string() : ""},
         {"seed", recipe_.seed},
         {"metric", task().best},
         {"steps", result_.step},
         {"best_step", result_.best_step},
         {"skipped_steps", result_.skipped},
         {"dev", outcome.dev.metrics},
         {"test", outcome.test ? Json(outcome.test->metrics) : Json::object()},
         {"dev_majority", outcome.dev_majority},
         {"trained_parameters",
          {{"method", method_parameters_}, {"head", head}, {"extra", extra}, {"total", method_parameters_ + head + extra}}},
         {"total_parameters", total_parameters_},
         {"adapter_bytes", result_.adapter_bytes},
         {"plan", plan_.id()}});
  }

  const Plan& plan_;
  const Recipe& recipe_;
  const RunFolder& folder_;
  const fs::path base_;
  const RunOptions& options_;
  Log& log_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::unique_ptr<DataSet> data_;
  std::unique_ptr<Model> own_model_;
  Model* model_ = nullptr;
  std::optional<BagOfWords> bag_;
  Trained trained_;
  int64_t method_parameters_ = 0, total_parameters_ = 0;
  RunResult result_;
};

fs::path base_of(const Plan& plan, const RunOptions& options) {
  return plan.needs_model() ? locate_base(plan, options.model) : fs::path();
}

void take_settings(Plan& plan, const Recipe& settings, const RunFolder& folder, Log& log) {
  Plan now = plan;
  now.recipe = settings;
  const std::vector<PlanChange> changes = allowed_changes(plan, now, folder.path().string());
  if (changes.empty()) return;
  for (const PlanChange& change : changes) log.note(change.text());
  folder.write_plan(now.toml());
  plan = std::move(now);
}

void check_profile(const Plan& plan, const RunOptions& options) {
  if (options.profile <= 0 || (plan.method() != "bag_of_words" && plan.method() != "linear_probe")) return;
  throw usage_error("{} is fitted without steps, so there is no step to profile", plan.method()).hint("leave --profile out");
}

}  // namespace

RunResult run_training(const Plan& plan, const fs::path& out, const RunOptions& options, Log& log) {
  if (out.empty()) throw usage_error("no folder for the run is named").hint("give --out FOLDER");
  check_profile(plan, options);
  const fs::path base = base_of(plan, options);
  const RunFolder folder = RunFolder::prepare(out, options.existing);
  folder.write_command(options.command);
  folder.write_plan(plan.toml());
  return Run(plan, folder, base, options, log).go(false);
}

RunResult resume_training(const fs::path& out, const RunOptions& options, Log& log) {
  const RunFolder folder = RunFolder::prepare(out, Existing::resume);
  Plan plan = load_plan(folder.plan());
  check_profile(plan, options);
  if (options.settings != nullptr) take_settings(plan, *options.settings, folder, log);
  const fs::path base = base_of(plan, options);
  return Run(plan, folder, base, options, log).go(true);
}

}  // namespace espalier
