// Trainer: the one training loop. Phases take turns; callbacks are told; checkpoints make it restartable bit for bit.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "espalier/base/files.h"
#include "espalier/nn/pass.h"
#include "espalier/train/callback.h"
#include "espalier/train/nonfinite.h"
#include "espalier/train/phase.h"
#include "espalier/train/state.h"

namespace espalier {

class Model;

struct TrainerOptions {
  int64_t epochs = 3;
  int64_t steps = 0;             ///< > 0: as many steps, whatever the epochs
  double clip = 1;               ///< 0: no clipping
  int64_t evaluate_every = 0;    ///< steps; 0: at the end of each epoch
  int64_t checkpoint_every = 0;  ///< steps; 0: at each evaluation
  int64_t keep = 2;              ///< checkpoints beside the best; the newest always stays
  int64_t skips = 0;             ///< steps with a number that is not finite are passed over so often; the next one ends the run
  uint64_t seed = 1;
  Precision precision = Precision::exact;
  bool larger_is_better = true;  ///< of the metric that chooses the best
  bool restore_best = true;      ///< leave the best checkpoint's values in the model at the end
  fs::path checkpoints;          ///< empty: none are written (the best is then kept in memory)
  std::string plan;              ///< sha256 of the resolved plan: a checkpoint of another plan is refused
  std::string plan_text;         ///< the plan itself, kept in each checkpoint
};

/// From where a run goes on.
struct Resumed {
  int64_t step = 0;
  int64_t threads = 0;                   ///< that the steps so far were computed with; 0 where it is not known
  std::vector<std::string> passed_over;  ///< what was wrong with newer checkpoints, which are removed
};

/// The metrics of the model as it is now, and which of them chooses the best.
struct Evaluation {
  Metrics metrics;
  double value = 0;
};
using Evaluate = std::function<Evaluation()>;

struct TrainResult {
  Ending ending = Ending::done;
  int64_t step = 0, total = 0;
  int64_t best_step = -1;  ///< -1: never evaluated
  double best_value = 0;
  Metrics best_metrics;  ///< empty when the best was found before a resume
  int64_t examples = 0, tokens = 0;
  int64_t skipped = 0;  ///< steps that changed nothing
  double seconds = 0;
};

class Trainer {
 public:
  Trainer(Model& model, std::vector<Phase> phases, TrainerOptions options);
  void add(Callback& callback) { callbacks_.push_back(&callback); }  ///< not owned; told in this order
  void evaluate_with(Evaluate evaluate) { evaluate_ = std::move(evaluate); }

  /// Goes on from the newest checkpoint in options.checkpoints; a usage Error when there is none. One that is damaged, or whose
  /// best checkpoint is, is a data Error that names it and the newest whole one; with `older`, that one is used.
  Resumed resume(bool older = false);
  /// Trains to the end, or until `stop` becomes true (a checkpoint is then saved) or a callback wants it.
  TrainResult run(const std::atomic<bool>* stop = nullptr);
  int64_t total_steps() const { return total_; }

 private:
  void step();
  void enter(Stage stage);
  void evaluate();
  void checkpoint();
  std::string pass_over(const Broken& broken, const std::string& rows);
  State read_checkpoint(int64_t step) const;
  Error damaged(const Error& error, const std::vector<int64_t>& steps) const;
  void take(State state, const fs::path& folder);
  bool due(int64_t every) const;
  bool wants_stop() const;
  double epoch() const;
  double seconds() const;
  std::vector<Parameter*> trained() const;
  NamedTensors trained_tensors() const;

  Model& model_;
  std::vector<Phase> phases_;
  TrainerOptions options_;
  std::vector<Callback*> callbacks_;
  Evaluate evaluate_;
  int64_t per_epoch_ = 0, total_ = 0;
  State at_;  ///< progress; its tensors are filled only while a checkpoint is written
  NamedTensors best_;
  Metrics best_metrics_;
  int64_t saved_step_ = -1;
  std::vector<bool> started_;  ///< phases whose source stands where it should
  std::chrono::steady_clock::time_point began_;
};

}  // namespace espalier
