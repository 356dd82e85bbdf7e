#include "espalier/train/state.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "espalier/base/folder.h"
#include "espalier/base/text.h"
#include "espalier/io/json.h"
#include "espalier/nn/tensor.h"
#include "espalier/train/tensor_file.h"

namespace espalier {
namespace {

constexpr int64_t kVersion = 1;
constexpr const char* kTrained = "trained.safetensors";
constexpr const char* kOptimizer = "optimizer.safetensors";
constexpr const char* kProgress = "state.json";
constexpr const char* kManifest = "manifest.json";
constexpr std::string_view kPrefix = "step-";

/// What a checkpoint's manifest says of its files.
class Manifest {
 public:
  explicit Manifest(const fs::path& folder) : folder_(folder), sums_(read_json(folder / kManifest)) {}
  void verify(const char* file) const {
    const std::string wanted = json_string(sums_, file, (folder_ / kManifest).string());
    if (sha256_file(folder_ / file) != wanted) {
      throw data_error("the file is not what the checkpoint's manifest says: its SHA-256 differs").at((folder_ / file).string());
    }
  }
  void verify_all() const {
    for (const char* file : {kTrained, kOptimizer, kProgress}) verify(file);
  }

 private:
  fs::path folder_;
  nlohmann::json sums_;
};

State read_progress(const fs::path& path) {
  const std::string place = path.string();
  const nlohmann::json progress = read_json(path);
  if (const int64_t version = json_int(progress, "format_version", place); version != kVersion) {
    throw data_error("format version {}; expected {}", version, kVersion).at(place);
  }
  State state;
  state.step = json_int(progress, "step", place);
  state.epoch = json_int(progress, "epoch", place);
  state.position = json_int(progress, "position", place);
  state.examples = json_int(progress, "examples", place);
  state.tokens = json_int(progress, "tokens", place);
  state.best_step = json_int(progress, "best_step", place);
  state.best_value = json_double(progress, "best_value", place);
  state.evaluated_step = json_int(progress, "evaluated_step", place);
  state.seed = uint64_t(json_int(progress, "seed", place));
  state.plan = json_string(progress, "plan", place);
  state.skipped = json_int(progress, "skipped", place, 0);
  state.threads = json_int(progress, "threads", place, 0);
  state.plan_text = json_string(progress, "plan_text", place, "");
  const nlohmann::json& callbacks = json_object(progress, "callbacks", place);
  for (const auto& item : callbacks.items()) {
    const nlohmann::json& numbers = json_object(callbacks, item.key(), place);
    for (const auto& number : numbers.items()) {
      state.callbacks[item.key()][number.key()] = json_double(numbers, number.key(), place);
    }
  }
  return state;
}

}  // namespace

fs::path checkpoint_folder(const fs::path& checkpoints, int64_t step) { return checkpoints / fmt::format("step-{:06}", step); }

std::vector<int64_t> checkpoint_steps(const fs::path& checkpoints) {
  std::vector<int64_t> steps;
  if (!fs::is_directory(checkpoints)) return steps;
  for (const auto& entry : fs::directory_iterator(checkpoints)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kPrefix) || !entry.is_directory()) continue;
    if (const auto step = parse_int(name.substr(kPrefix.size())); step && *step >= 0) steps.push_back(*step);
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

fs::path save_state(const State& state, const fs::path& checkpoints) {
  const fs::path folder = checkpoint_folder(checkpoints, state.step);
  const fs::path temporary = temporary_beside(folder);
  std::error_code ignored;
  fs::remove_all(temporary, ignored);
  try {
    make_folder(temporary);
    write_tensors(temporary / kTrained, state.trained);
    write_tensors(temporary / kOptimizer, state.optimizer);
    const nlohmann::ordered_json progress = {{"format_version", kVersion},
                                             {"step", state.step},
                                             {"epoch", state.epoch},
                                             {"position", state.position},
                                             {"examples", state.examples},
                                             {"tokens", state.tokens},
                                             {"best_step", state.best_step},
                                             {"best_value", state.best_value},
                                             {"evaluated_step", state.evaluated_step},
                                             {"seed", state.seed},
                                             {"skipped", state.skipped},
                                             {"threads", state.threads},
                                             {"plan", state.plan},
                                             {"callbacks", state.callbacks},
                                             {"plan_text", state.plan_text}};
    write_json(temporary / kProgress, progress);
    nlohmann::ordered_json manifest;
    for (const char* file : {kTrained, kOptimizer, kProgress}) manifest[file] = sha256_file(temporary / file);
    write_json(temporary / kManifest, manifest);
    replace_folder(temporary, folder);
  } catch (...) {
    fs::remove_all(temporary, ignored);
    throw;
  }
  return folder;
}

void verify_state(const fs::path& folder) { Manifest(folder).verify_all(); }

State load_progress(const fs::path& folder) {
  Manifest(folder).verify(kProgress);
  return read_progress(folder / kProgress);
}

State load_state(const fs::path& folder) {
  verify_state(folder);
  State state = read_progress(folder / kProgress);
  state.trained = read_tensors(folder / kTrained);
  state.optimizer = read_tensors(folder / kOptimizer);
  return state;
}

NamedTensors load_trained(const fs::path& folder) {
  Manifest(folder).verify(kTrained);
  return read_tensors(folder / kTrained);
}

void prune_checkpoints(const fs::path& checkpoints, int64_t best_step, int64_t keep) {
  std::vector<int64_t> steps = checkpoint_steps(checkpoints);
  std::erase(steps, best_step);
  const int64_t last = steps.empty() ? 0 : std::max<int64_t>(keep, steps.back() > best_step);
  for (size_t i = 0; int64_t(i) + last < int64_t(steps.size()); ++i) remove_folder(checkpoint_folder(checkpoints, steps[i]));
  remove_leftovers(checkpoints);
}

void restore(std::span<Parameter* const> parameters, const NamedTensors& tensors, const std::string& place) {
  Problems problems;
  std::map<std::string, Parameter*> known;
  for (Parameter* parameter : parameters) {
    known[parameter->path()] = parameter;
    auto found = tensors.find(parameter->path());
    if (found == tensors.end()) {
      problems.add(parameter->path(), "missing");
    } else if (found->second.sizes() != parameter->leaf().sizes()) {
      problems.add(parameter->path(), fmt::format("shape {}; expected {}", shape_text(found->second.sizes()),
                                                  shape_text(parameter->leaf().sizes())));
    }
  }
  for (const auto& [name, tensor] : tensors) {
    if (!known.contains(name)) problems.add(name, "is not trained here");
  }
  problems.raise(ErrorKind::data, place + " does not fit what is trained");
  at::NoGradGuard no_grad;
  for (auto& [path, parameter] : known) parameter->leaf().copy_(tensors.at(path));
}

}  // namespace espalier
