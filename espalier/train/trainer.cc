#include "espalier/train/trainer.h"

#include <cmath>

#include "espalier/base/folder.h"
#include "espalier/models/model.h"
#include "espalier/nn/tensor.h"
#include "espalier/train/clip.h"
#include "espalier/train/stop.h"

namespace espalier {

std::string SkipInfo::text() const {
  return fmt::format("step {} skipped: {}{}", step, what, rows.empty() ? "" : "; in the rows " + rows);
}

const char* ending_name(Ending ending) {
  switch (ending) {
    case Ending::done:
      return "done";
    case Ending::stopped_early:
      return "stopped early";
    case Ending::interrupted:
      return "interrupted";
  }
  return "";
}

Trainer::Trainer(Model& model, std::vector<Phase> phases, TrainerOptions options)
    : model_(model), phases_(std::move(phases)), options_(std::move(options)), started_(phases_.size(), false) {
  if (phases_.empty()) throw bug_error("training without a phase");
  for (Phase& phase : phases_) {
    if (phase.trained.empty()) throw usage_error("nothing is trained in phase '{}'", phase.name);
    phase.optimizer->bind(phase.trained);
  }
  per_epoch_ = phases_[0].source->steps_per_epoch() * int64_t(phases_.size());
  if (per_epoch_ == 0) throw data_error("there are no training examples");
  total_ = options_.steps > 0 ? options_.steps : options_.epochs * per_epoch_;
  at_.seed = options_.seed;
  at_.plan = options_.plan;
}

TrainResult Trainer::run(const std::atomic<bool>* stop) {
  began_ = std::chrono::steady_clock::now();
  if (!options_.checkpoints.empty()) {  // what is in the way is said before the work
    make_folder(options_.checkpoints);
    sync_path(fs::absolute(options_.checkpoints).parent_path());
    remove_leftovers(options_.checkpoints);
  }
  for (Callback* callback : callbacks_) callback->on_start({at_.step, total_, per_epoch_, options_.epochs});
  Ending ending = Ending::done;
  while (at_.step < total_ && ending == Ending::done) {
    if (asked(stop)) {
      ending = Ending::interrupted;
    } else if (wants_stop()) {
      ending = Ending::stopped_early;
    } else {
      step();
      enter(Stage::between);
      if (at_.step < total_ && due(options_.evaluate_every > 0 ? options_.evaluate_every : per_epoch_)) evaluate();
      // The last step's checkpoint comes after its evaluation, which may find it to be the best.
      if (at_.step < total_ && options_.checkpoint_every > 0 && due(options_.checkpoint_every)) checkpoint();
    }
  }
  if (ending != Ending::interrupted && at_.evaluated_step != at_.step) evaluate();
  if (!options_.checkpoints.empty()) checkpoint();
  if (ending != Ending::interrupted && options_.restore_best && at_.best_step >= 0 && at_.best_step != at_.step) {
    const bool stored = !options_.checkpoints.empty();
    restore(trained(), stored ? load_trained(checkpoint_folder(options_.checkpoints, at_.best_step)) : best_,
            "the best checkpoint");
  }
  for (Callback* callback : callbacks_) callback->on_end(ending);
  return {.ending = ending,
          .step = at_.step,
          .total = total_,
          .best_step = at_.best_step,
          .best_value = at_.best_value,
          .best_metrics = best_metrics_,
          .examples = at_.examples,
          .tokens = at_.tokens,
          .skipped = at_.skipped,
          .seconds = seconds()};
}

void Trainer::step() {
  const size_t turn = size_t(at_.step) % phases_.size();
  const int64_t own = at_.step / int64_t(phases_.size());  // steps that this phase has taken
  Phase& phase = phases_[turn];
  enter(Stage::data);
  const int64_t length = phase.source->steps_per_epoch();
  if (!started_[turn] || own % length == 0) phase.source->start(own / length, own % length);
  started_[turn] = true;
  std::vector<Batch> micro_batches;
  if (!phase.source->next(micro_batches)) throw bug_error("phase '{}' has fewer steps an epoch than it says", phase.name);

  Pass pass;
  pass.train = true;
  pass.precision = options_.precision;
  pass.random = {.seed = options_.seed, .step = at_.step};
  for (Callback* callback : callbacks_) {
    if (Recorder* recorder = callback->recorder()) pass.recorder = recorder;
  }
  enter(Stage::gradients);
  const StepLoss loss = phase.rule->gradients(model_, *phase.objective, micro_batches, pass, phase.trained);
  enter(Stage::checks);
  const double norm = clip_gradients(phase.trained, options_.clip);
  const double rate = phase.optimizer->learning_rate() * phase.schedule(own);
  SkipInfo skip;
  const std::optional<Broken> broken = find_broken(loss, norm, phase.trained);
  if (broken) {
    skip.rows = phase.source->rows(loss.broken);
    skip.what = pass_over(*broken, skip.rows);
  } else {
    enter(Stage::optimizer);
    phase.optimizer->step(rate);
  }
  enter(Stage::callbacks);

  ++at_.step;
  at_.epoch = at_.step / per_epoch_;
  at_.position = at_.step % per_epoch_;
  at_.examples += loss.examples;
  at_.tokens += loss.tokens;
  if (broken) {
    skip.step = at_.step;
    skip.total = total_;
    skip.skipped = at_.skipped;
    for (Callback* callback : callbacks_) callback->on_skip(skip);
    return;
  }
  const StepInfo info{.step = at_.step,
                      .total = total_,
                      .epoch = epoch(),
                      .loss = loss.mean(),
                      .learning_rate = rate,
                      .gradient_norm = norm,
                      .examples = loss.examples,
                      .tokens = loss.tokens,
                      .total_examples = at_.examples,
                      .total_tokens = at_.tokens,
                      .seconds = seconds(),
                      .rows = [&] { return phase.source->rows(); }};
  for (Callback* callback : callbacks_) callback->on_step(info);
}

void Trainer::evaluate() {
  at_.evaluated_step = at_.step;
  if (!evaluate_) {
    if (options_.checkpoint_every == 0) checkpoint();
    return;
  }
  const Evaluation now = evaluate_();
  const bool better = options_.larger_is_better ? now.value > at_.best_value : now.value < at_.best_value;
  const bool best = std::isfinite(now.value) && (at_.best_step < 0 || better);
  if (best) {
    at_.best_step = at_.step;
    at_.best_value = now.value;
    best_metrics_ = now.metrics;
    if (options_.checkpoints.empty() && options_.restore_best) {
      best_ = trained_tensors();
      for (auto& [name, tensor] : best_) tensor = tensor.clone();
    }
  }
  for (Callback* callback : callbacks_) callback->on_evaluate({at_.step, epoch(), now.metrics, now.value, best});
  if (best || options_.checkpoint_every == 0) checkpoint();
}

std::string Trainer::pass_over(const Broken& broken, const std::string& rows) {
  const std::string what = broken.text();
  if (!broken.value && at_.skipped < options_.skips) {
    ++at_.skipped;
    return what;
  }
  if (!broken.value) checkpoint();  // of the step before: with more skips allowed, the run can go on from there
  std::string text = fmt::format("step {}: {}", at_.step + 1, what);
  if (!rows.empty()) text += "; in the rows " + rows;
  if (at_.skipped > 0) text += fmt::format("; {} steps were skipped before, as many as train.on_nonfinite allows", at_.skipped);
  throw numeric_error("{}", text)
      .at(broken.parameter)
      .hint(broken.value ? "lower the learning rate, or train with --precision fp32"
                         : "lower the learning rate, train with --precision fp32, or pass over such steps with "
                           "--on-nonfinite skip:N, also when resuming");
}

void Trainer::enter(Stage stage) {
  for (Callback* callback : callbacks_) callback->on_stage(stage);
}

bool Trainer::due(int64_t every) const { return at_.step % every == 0; }

bool Trainer::wants_stop() const {
  for (const Callback* callback : callbacks_) {
    if (callback->wants_stop()) return true;
  }
  return false;
}

double Trainer::epoch() const { return double(at_.step) / double(per_epoch_); }

double Trainer::seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count(); }

}  // namespace espalier
