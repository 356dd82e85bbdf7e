#include "espalier/train/trainer.h"

#include <cmath>

#include "espalier/models/model.h"
#include "espalier/nn/tensor.h"
#include "espalier/train/clip.h"

namespace espalier {

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

int64_t Trainer::resume() {
  const std::vector<int64_t> steps = checkpoint_steps(options_.checkpoints);
  if (steps.empty()) throw usage_error("there is no checkpoint to go on from").at(options_.checkpoints.string());
  const fs::path folder = checkpoint_folder(options_.checkpoints, steps.back());
  State state = load_state(folder);
  if (state.plan != options_.plan || state.seed != options_.seed) {
    throw usage_error("the checkpoint belongs to another plan").at(folder.string()).hint("use another --out, or --overwrite");
  }
  restore(trained(), state.trained, folder.string());
  for (Phase& phase : phases_) {
    NamedTensors own;
    for (const auto& [name, tensor] : state.optimizer) {
      if (name.starts_with(phase.name + ":")) own[name.substr(phase.name.size() + 1)] = tensor;
    }
    phase.optimizer->load_state(own);
  }
  for (Callback* callback : callbacks_) {
    if (auto found = state.callbacks.find(callback->name()); found != state.callbacks.end()) callback->load_state(found->second);
  }
  state.trained.clear();
  state.optimizer.clear();
  at_ = std::move(state);
  saved_step_ = at_.step;
  started_.assign(phases_.size(), false);
  return at_.step;
}

TrainResult Trainer::run(const std::atomic<bool>* stop) {
  began_ = std::chrono::steady_clock::now();
  for (Callback* callback : callbacks_) callback->on_start({at_.step, total_, per_epoch_, options_.epochs});
  Ending ending = Ending::done;
  while (at_.step < total_ && ending == Ending::done) {
    if (stop != nullptr && stop->load()) {
      ending = Ending::interrupted;
    } else if (wants_stop()) {
      ending = Ending::stopped_early;
    } else {
      step();
      if (at_.step < total_ && due(options_.evaluate_every > 0 ? options_.evaluate_every : per_epoch_)) evaluate();
      if (options_.checkpoint_every > 0 && due(options_.checkpoint_every)) checkpoint();
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
          .seconds = seconds()};
}

void Trainer::step() {
  const size_t turn = size_t(at_.step) % phases_.size();
  const int64_t own = at_.step / int64_t(phases_.size());  // steps that this phase has taken
  Phase& phase = phases_[turn];
  const int64_t length = phase.source->steps_per_epoch();
  if (!started_[turn] || own % length == 0) phase.source->start(own / length, own % length);
  started_[turn] = true;
  std::vector<Batch> micro_batches;
  if (!phase.source->next(micro_batches)) throw bug_error("phase '{}' has fewer steps an epoch than it says", phase.name);

  Pass pass;
  pass.train = true;
  pass.precision = options_.precision;
  pass.random = {.seed = options_.seed, .step = at_.step};
  const StepLoss loss = phase.rule->gradients(model_, *phase.objective, micro_batches, pass, phase.trained);
  const double norm = clip_gradients(phase.trained, options_.clip);
  check_finite(loss, norm, phase);
  const double rate = phase.optimizer->learning_rate() * phase.schedule(own);
  phase.optimizer->step(rate);

  ++at_.step;
  at_.epoch = at_.step / per_epoch_;
  at_.position = at_.step % per_epoch_;
  at_.examples += loss.examples;
  at_.tokens += loss.tokens;
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
                      .seconds = seconds()};
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

void Trainer::checkpoint() {
  if (options_.checkpoints.empty() || saved_step_ == at_.step) return;
  State state = at_;
  state.trained = trained_tensors();
  for (const Phase& phase : phases_) {
    for (const auto& [name, tensor] : phase.optimizer->state()) state.optimizer[phase.name + ":" + name] = tensor;
  }
  for (const Callback* callback : callbacks_) {
    if (const auto numbers = callback->state(); !numbers.empty()) state.callbacks[callback->name()] = numbers;
  }
  const fs::path folder = save_state(state, options_.checkpoints);
  saved_step_ = at_.step;
  prune_checkpoints(options_.checkpoints, at_.best_step, options_.keep);
  for (Callback* callback : callbacks_) callback->on_checkpoint({at_.step, folder, at_.best_step == at_.step});
}

void Trainer::check_finite(const StepLoss& loss, double norm, const Phase& phase) const {
  if (std::isfinite(loss.sum) && std::isfinite(norm)) return;
  const int64_t step = at_.step + 1;
  const auto broken = [](const Tensor& t) { return t.defined() && !at::isfinite(t).all().item<bool>(); };
  const std::string what = std::isfinite(loss.sum) ? "a gradient" : "the loss";
  const std::string hint = "lower the learning rate, or train with --precision fp32";
  for (const Parameter* parameter : phase.trained) {
    if (broken(parameter->leaf())) {
      throw numeric_error("step {}: {} is not finite, and neither is this parameter", step, what)
          .at(parameter->path())
          .hint(hint);
    }
  }
  for (const Parameter* parameter : phase.trained) {
    if (broken(parameter->leaf().grad())) {
      throw numeric_error("step {}: {} is not finite; this parameter's gradient is the first that is not", step, what)
          .at(parameter->path())
          .hint(hint);
    }
  }
  throw numeric_error("step {}: {} is not finite, though all trained parameters and gradients are", step, what)
      .at(phase.trained[0]->path())
      .hint(hint);
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

std::vector<Parameter*> Trainer::trained() const {
  std::vector<Parameter*> all;
  for (const Phase& phase : phases_) all.insert(all.end(), phase.trained.begin(), phase.trained.end());
  return all;
}

NamedTensors Trainer::trained_tensors() const {
  NamedTensors tensors;
  for (const Parameter* parameter : trained()) tensors[parameter->path()] = parameter->leaf().detach();
  return tensors;
}

}  // namespace espalier
