// The folder of a sweep: sweep.toml (the recipe), sweep.json (which runs are done), sweep.tsv (their figures), and the runs,
// each an ordinary run folder: <point>/seed-<seed>.
#pragma once

#include <string>
#include <vector>

#include "espalier/base/files.h"
#include "espalier/base/table.h"
#include "espalier/recipe/sweep.h"

namespace espalier {

enum class SweepState : uint8_t { waiting, done, failed };

struct SweepRun {
  size_t point = 0;  ///< in Sweep::points
  int64_t seed = 1;
  std::string folder;  ///< below the sweep's: "rank=4/seed-1"
  SweepState state = SweepState::waiting;
  std::string problem;  ///< of a failed one
};

class SweepFolder {
 public:
  /// Makes the folder. One that is not empty is refused without `resume`; with it, the recipe but for [sweep] must be the one
  /// that the sweep was started with: a usage Error names the keys that differ. Runs that are done stay done.
  SweepFolder(fs::path path, Sweep sweep, const Value& tree, bool resume);

  const Sweep& sweep() const { return sweep_; }
  const fs::path& path() const { return path_; }
  fs::path path(const SweepRun& run) const { return path_ / run.folder; }
  /// All points with the first seed, then with the next.
  const std::vector<SweepRun>& runs() const { return runs_; }
  const SweepPoint& point(const SweepRun& run) const { return sweep_.points[run.point]; }
  /// Written at once: sweep.json, and sweep.tsv with the figures of the runs that are done.
  void finish(size_t run, SweepState state, const std::string& problem = "");

  /// A row a point: its values, runs, mean ± deviation of the dev metric that chooses and of all test metrics, mean time; the
  /// best first and marked. Points whose runs are not all done come last.
  Table table() const;
  /// The run with the best dev figure of the best point; nullptr when none is done.
  const SweepRun* best() const;

 private:
  struct Standing;
  std::vector<Standing> standings() const;
  void write() const;
  fs::path path_;
  Sweep sweep_;
  std::vector<SweepRun> runs_;
};

}  // namespace espalier
