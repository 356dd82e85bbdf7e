#include "espalier/recipe/sweep_run.h"

#include "espalier/base/text.h"
#include "espalier/train/stop.h"

namespace espalier {
namespace {

/// What a kill left is gone on with.
RunResult begin_or_go_on(const fs::path& out, const Plan& plan, const RunOptions& options, Log& log) {
  return fs::exists(out / "plan.toml") ? resume_training(out, options, log) : run_training(plan, out, options, log);
}

std::string title(const SweepFolder& folder, size_t i) {
  const SweepRun& run = folder.runs()[i];
  const std::string& point = folder.point(run).name;
  return fmt::format("run {} of {}: {}seed {}", i + 1, folder.runs().size(), point.empty() ? "" : point + ", ", run.seed);
}

}  // namespace

bool run_sweep(SweepFolder& folder, const std::function<RunOptions()>& options, Log& log) {
  KeptBase base;
  for (size_t i = 0; i < folder.runs().size(); ++i) {
    const SweepRun& run = folder.runs()[i];
    if (run.state != SweepState::waiting) continue;
    log.note(title(folder, i));
    RunOptions own = options();
    own.base = &base;
    MemoryLog quiet;  // what resolving says is said by the first run
    const Plan plan = resolve(read_recipe(folder.sweep().tree(folder.point(run), run.seed)), i == 0 ? log : quiet);
    if (asked(own.stop)) return false;
    try {
      const RunResult result = begin_or_go_on(folder.path(run), plan, own, log);
      if (result.ending == Ending::interrupted) return false;
      log.note(fmt::format("dev {} {:.4f}", result.metric, result.dev.at(result.metric)));
      folder.finish(i, SweepState::done);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::numeric) throw;
      log.warn(error.what());
      folder.finish(i, SweepState::failed, error.message());
    }
  }
  return true;
}

}  // namespace espalier
