// Callback: what happens between steps: show, evaluate, prune, stop. One that can be resumed lists its numbers in state().
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "espalier/base/files.h"
#include "espalier/base/registry.h"

namespace espalier {

class Recorder;
using Metrics = std::map<std::string, double>;

struct TrainStart {
  int64_t step = 0;   ///< > 0 after a resume
  int64_t total = 0;  ///< steps of the whole run
  int64_t steps_per_epoch = 0, epochs = 0;
};
struct StepInfo {
  int64_t step = 0, total = 0;  ///< steps done, this one included
  double epoch = 0;             ///< 1.5 = half-way through the second
  double loss = 0;              ///< mean over this step's examples
  double learning_rate = 0, gradient_norm = 0;
  int64_t examples = 0, tokens = 0;              ///< of this step
  int64_t total_examples = 0, total_tokens = 0;  ///< since the run began, resumed parts included
  double seconds = 0;                            ///< since this process began training
  std::function<std::string()> rows;             ///< where its examples stand: "train.tsv:3,17"; only during the call
};
/// A step that changed nothing, since a number in it was not finite.
struct SkipInfo {
  int64_t step = 0, total = 0;
  std::string what, rows;  ///< what was broken; where the examples stand
  int64_t skipped = 0;     ///< such steps so far, this one included
  std::string text() const;
};
struct EvaluateInfo {
  int64_t step = 0;
  double epoch = 0;
  Metrics metrics;
  double value = 0;  ///< of the metric that chooses the best
  bool best = false;
};
struct CheckpointInfo {
  int64_t step = 0;
  fs::path path;
  bool best = false;
};
enum class Ending : uint8_t { done, stopped_early, interrupted };
/// "done", "stopped early", "interrupted".
const char* ending_name(Ending ending);

/// What a step does, in this order; `between` lasts until the next step's data.
enum class Stage : uint8_t { data, gradients, checks, optimizer, callbacks, between };

class Callback {
 public:
  virtual ~Callback() = default;
  virtual void on_start(const TrainStart&) {}
  virtual void on_step(const StepInfo&) {}
  virtual void on_skip(const SkipInfo&) {}  ///< instead of on_step
  virtual void on_evaluate(const EvaluateInfo&) {}
  virtual void on_checkpoint(const CheckpointInfo&) {}
  virtual void on_end(Ending) {}
  /// A stage of a step begins, and the one before has ended.
  virtual void on_stage(Stage) {}
  /// Told of the coming step's primitives and sites; null: nobody. One callback at most may have one.
  virtual Recorder* recorder() { return nullptr; }
  /// Asked after each step and evaluation; true ends the run as stopped early.
  virtual bool wants_stop() const { return false; }

  /// Numbers that a resumed run needs; the name keys them in the checkpoint.
  virtual std::string name() const { return ""; }
  virtual std::map<std::string, double> state() const { return {}; }
  virtual void load_state(const std::map<std::string, double>&) {}

  /// For remarks to the user about a step; set by who runs the training, empty else.
  std::function<void(int64_t step, const std::string& text)> tell;
};

/// Those of [[callback]] that are objects of their own: spike
const Registry<Callback>& callbacks();

}  // namespace espalier
