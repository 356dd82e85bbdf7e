// What a training run leaves behind for its resumption, and how it is taken up again.
#include "espalier/base/folder.h"
#include "espalier/nn/tensor.h"
#include "espalier/train/trainer.h"

namespace espalier {

Resumed Trainer::resume(bool older) {
  const std::vector<int64_t> steps = checkpoint_steps(options_.checkpoints);
  if (steps.empty()) throw usage_error("there is no checkpoint to go on from").at(options_.checkpoints.string());
  Resumed resumed;
  for (size_t i = steps.size(); i-- > 0;) {
    try {
      State state = read_checkpoint(steps[i]);
      resumed.step = state.step;
      resumed.threads = state.threads;
      take(std::move(state), checkpoint_folder(options_.checkpoints, steps[i]));
      for (size_t newer = i + 1; newer < steps.size(); ++newer) {
        remove_folder(checkpoint_folder(options_.checkpoints, steps[newer]));
      }
      return resumed;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::data) throw;
      if (!older || i == 0) throw damaged(error, {steps.begin(), steps.begin() + int64_t(i)});
      resumed.passed_over.push_back(fmt::format("{}: {}", error.place(), error.message()));
    }
  }
  return resumed;
}

State Trainer::read_checkpoint(int64_t step) const {
  State state = load_state(checkpoint_folder(options_.checkpoints, step));
  // The best values are wanted at the end: better to know now.
  if (options_.restore_best && state.best_step >= 0 && state.best_step != step) {
    verify_state(checkpoint_folder(options_.checkpoints, state.best_step));
  }
  return state;
}

Error Trainer::damaged(const Error& error, const std::vector<int64_t>& steps) const {
  std::string hint = "no older checkpoint is whole: --overwrite starts the run anew";
  for (size_t i = steps.size(); i-- > 0;) {
    try {
      read_checkpoint(steps[i]);
    } catch (const Error&) {
      continue;
    }
    const fs::path folder = checkpoint_folder(options_.checkpoints, steps[i]);
    hint = fmt::format("--resume auto goes on from {}, the newest that is whole", folder.filename().string());
    break;
  }
  return data_error("{}", error.message()).at(error.place()).hint(hint);
}

void Trainer::take(State state, const fs::path& folder) {
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
}

void Trainer::checkpoint() {
  if (options_.checkpoints.empty() || saved_step_ == at_.step) return;
  State state = at_;
  state.threads = at::get_num_threads();
  state.plan_text = options_.plan_text;
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
