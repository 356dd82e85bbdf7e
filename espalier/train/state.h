// State: all that a run needs to go on bit for bit, as the folder checkpoints/step-000500/:
//   trained.safetensors  optimizer.safetensors  state.json  manifest.json (sha256 of the three)
// It is written under a temporary name, brought to the disk and renamed, so a folder of the right name is whole.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "espalier/base/files.h"
#include "espalier/train/optimizer.h"

namespace espalier {

struct State {
  int64_t step = 0, epoch = 0;
  int64_t position = 0;  ///< steps done in the running epoch
  int64_t examples = 0, tokens = 0;
  int64_t best_step = -1;       ///< -1: not evaluated yet
  int64_t evaluated_step = -1;  ///< the last one with an evaluation
  double best_value = 0;
  uint64_t seed = 1;
  int64_t skipped = 0;    ///< steps passed over because a number was not finite
  int64_t threads = 0;    ///< that computed; 0 where it is not known
  std::string plan;       ///< sha256 of the resolved plan; empty when there is none
  std::string plan_text;  ///< the plan itself, so that a later difference can be named
  std::map<std::string, std::map<std::string, double>> callbacks;
  NamedTensors trained;    ///< by parameter path
  NamedTensors optimizer;  ///< "<phase>:<path>.exp_avg"
};

/// checkpoints/step-000500
fs::path checkpoint_folder(const fs::path& checkpoints, int64_t step);
/// Steps that have a folder, ascending; half-written ones are not listed.
std::vector<int64_t> checkpoint_steps(const fs::path& checkpoints);

/// Writes the folder of `state.step` and returns it.
fs::path save_state(const State& state, const fs::path& checkpoints);
/// Reads and verifies; a data Error names the file that differs from the manifest.
State load_state(const fs::path& folder);
/// The same without the tensors.
State load_progress(const fs::path& folder);
/// Compares every file with the manifest.
void verify_state(const fs::path& folder);
/// Only trained.safetensors, verified: what evaluate and predict need.
NamedTensors load_trained(const fs::path& folder);
/// Removes all checkpoints but the best and the last `keep` (the last one always stays), and what ended processes left half done.
void prune_checkpoints(const fs::path& checkpoints, int64_t best_step, int64_t keep);

/// Puts tensors into the parameters of the same paths; missing, extra and wrongly shaped ones are refused at once.
void restore(std::span<Parameter* const> parameters, const NamedTensors& tensors, const std::string& place);

}  // namespace espalier
