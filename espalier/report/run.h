// The folder of one run: what lies where, and the fixed keys of its JSON files.
//
//   plan.toml             the resolved plan                    command.txt   the command line
//   events.jsonl          one line an event: event.h           result.json   figures; no times, so equal runs have equal files
//   timing.json           seconds, examples_per_second, peak_rss_bytes       dev_predictions.tsv
//   environment.json      versions, processor, threads, precision            tensorboard/   events for TensorBoard, if asked
//   adapter/              what was trained                     checkpoints/step-000500/
//   profile.json          where a step goes, if asked
//
// result.json  {"format_version": 1, "method", "task", "model", "seed", "metric" (the one that chose the best checkpoint),
//              "steps", "best_step", "dev": {metric: number}, "test": {metric: number}, "trained_parameters": {"method", "head",
//              "extra", "total"}, "total_parameters", "adapter_bytes"}; other keys may follow.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "espalier/base/files.h"
#include "espalier/base/lock.h"

namespace espalier {

/// What to do when --out is there and not empty.
enum class Existing : uint8_t { refuse, resume, overwrite };

class RunFolder {
 public:
  /// Names an existing run folder without touching it.
  explicit RunFolder(fs::path path) : path_(std::move(path)) {}
  /// Makes the folder, and holds its lock as long as any copy of the RunFolder lives: a second process is refused. A non-empty
  /// one is refused with a usage Error that names --resume and --overwrite, unless all that lies there was left by a run that was
  /// killed before its plan.toml stood. resume asks for that file; overwrite removes the files of a run listed above and nothing
  /// else, and asks for plan.toml or events.jsonl. Temporary files of ended processes are removed.
  static RunFolder prepare(const fs::path& path, Existing existing = Existing::refuse);

  const fs::path& path() const { return path_; }
  fs::path plan() const { return path_ / "plan.toml"; }
  fs::path command() const { return path_ / "command.txt"; }
  fs::path events() const { return path_ / "events.jsonl"; }
  fs::path result() const { return path_ / "result.json"; }
  fs::path timing() const { return path_ / "timing.json"; }
  fs::path dev_predictions() const { return path_ / "dev_predictions.tsv"; }
  fs::path adapter() const { return path_ / "adapter"; }
  fs::path checkpoints() const { return path_ / "checkpoints"; }
  fs::path checkpoint(int64_t step) const;  ///< checkpoints/step-000500

  /// Steps that have a checkpoint folder, ascending; half-written folders (other names) are not listed.
  std::vector<int64_t> checkpoint_steps() const;
  void write_plan(std::string_view toml) const;
  void write_command(const std::vector<std::string>& arguments) const;  ///< quoted so that a shell reads it back
  /// One line; a bug Error when a key of the kind is missing. Non-finite numbers become null.
  void append_event(const nlohmann::json& event) const;
  std::vector<nlohmann::json> read_events() const;  ///< a torn last line is skipped; a broken one elsewhere is a data Error
  /// Before resuming at `step`: drops the torn last line, every event after that step, and "end".
  void rewind_events(int64_t step) const;
  /// Brings the events to the disk.
  void sync_events() const;
  void write_result(nlohmann::json result) const;  ///< adds "format_version": 1
  void write_timing(nlohmann::json timing) const;  ///< adds "format_version": 1
  nlohmann::json read_result() const;              ///< a data Error for a missing file or another format_version
  nlohmann::json read_timing() const;

 private:
  fs::path path_;
  std::shared_ptr<const FolderLock> lock_;  ///< null where the folder is only named
};

}  // namespace espalier
