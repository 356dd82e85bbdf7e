// Training from a plan into a run folder. The folder's layout is that of report/run.h; adapter/ holds what was trained.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "espalier/recipe/kept_base.h"
#include "espalier/recipe/plan.h"
#include "espalier/report/run.h"
#include "espalier/train/trainer.h"

namespace espalier {

struct RunOptions {
  Existing existing = Existing::refuse;
  std::vector<std::string> command;         ///< for command.txt
  std::string model;                        ///< where the base is now; "" = where the plan says
  const std::atomic<bool>* stop = nullptr;  ///< Ctrl-C: a checkpoint is saved and the ending is `interrupted`
  /// resume_training: settings that the run shall have from now on; null leaves its own. Those that would change what is trained
  /// are refused.
  const Recipe* settings = nullptr;
  bool older = false;  ///< resume_training: an older checkpoint will do where newer ones are damaged
  /// Told of steps and evaluations, after the run's own callbacks: a progress bar. May be empty.
  std::function<std::unique_ptr<Callback>(const Plan&)> show;
  bool pictures = true;  ///< confusion.svg and curve.svg
  int64_t profile = 0;   ///< > 0: where so many steps go, into profile.json and RunResult::profile
  /// Several runs in turn share one base in memory; null: each reads its own.
  KeptBase* base = nullptr;
};

struct RunResult {
  Ending ending = Ending::done;
  fs::path folder;
  std::string metric;  ///< that chose the best
  Metrics dev, test;   ///< of the best checkpoint; test is empty where there is none
  int64_t step = 0, steps = 0, best_step = -1, from_step = 0;
  int64_t adapter_bytes = 0;
  int64_t skipped = 0;  ///< steps passed over because a number was not finite
  double seconds = 0, examples_per_second = 0;
  /// Table of dev (and test) figures beside the majority class, and per-class figures where there are few classes.
  std::string text;
  std::string profile;  ///< tables; empty where nothing was profiled
};

/// Trains, evaluates, and writes the run folder. RunOptions::existing must not be `resume` here.
RunResult run_training(const Plan& plan, const fs::path& out, const RunOptions& options, Log& log);
/// Goes on from the newest checkpoint of a run folder, from its own plan; bit for bit as if it had not stopped, wherever a kill
/// hit it, as long as as many threads compute. Without a checkpoint it begins again. Finished runs are evaluated and written
/// anew.
RunResult resume_training(const fs::path& out, const RunOptions& options, Log& log);

}  // namespace espalier
