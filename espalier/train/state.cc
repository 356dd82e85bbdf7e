#include "espalier/train/state.h"

#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

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
constexpr std::string_view kTemporary = ".tmp-step-";

void verify(const fs::path& folder, const std::string& file) {
  const nlohmann::json manifest = read_json(folder / kManifest);
  const std::string wanted = json_string(manifest, file, (folder / kManifest).string());
  if (sha256_file(folder / file) != wanted) {
    throw data_error("the file is not what the checkpoint's manifest says: its SHA-256 differs")
        .at((folder / file).string())
        .hint("remove this checkpoint's folder to go on from the one before it");
  }
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
  const fs::path temporary = checkpoints / fmt::format("{}{}-{}", kTemporary, state.step, ::getpid());
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
                                             {"plan", state.plan},
                                             {"callbacks", state.callbacks}};
    write_json(temporary / kProgress, progress);
    nlohmann::ordered_json manifest;
    for (const char* file : {kTrained, kOptimizer, kProgress}) manifest[file] = sha256_file(temporary / file);
    write_json(temporary / kManifest, manifest);
    fs::remove_all(folder, ignored);
    std::error_code failed;
    fs::rename(temporary, folder, failed);
    if (failed) throw data_error("the checkpoint cannot be put in place: {}", failed.message()).at(folder.string());
  } catch (...) {
    fs::remove_all(temporary, ignored);
    throw;
  }
  return folder;
}

State load_state(const fs::path& folder) {
  for (const char* file : {kTrained, kOptimizer, kProgress}) verify(folder, file);
  const std::string place = (folder / kProgress).string();
  const nlohmann::json progress = read_json(folder / kProgress);
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
  state.seed = json_member(progress, "seed", place).get<uint64_t>();
  state.plan = json_string(progress, "plan", place);
  for (const auto& [name, numbers] : json_object(progress, "callbacks", place).items()) {
    for (const auto& [key, number] : numbers.items()) state.callbacks[name][key] = number.get<double>();
  }
  state.trained = read_tensors(folder / kTrained);
  state.optimizer = read_tensors(folder / kOptimizer);
  return state;
}

NamedTensors load_trained(const fs::path& folder) {
  verify(folder, kTrained);
  return read_tensors(folder / kTrained);
}

void prune_checkpoints(const fs::path& checkpoints, int64_t best_step, int64_t keep) {
  std::error_code ignored;
  std::vector<int64_t> steps = checkpoint_steps(checkpoints);
  std::erase(steps, best_step);
  for (size_t i = 0; int64_t(i) + keep < int64_t(steps.size()); ++i) {
    fs::remove_all(checkpoint_folder(checkpoints, steps[i]), ignored);
  }
  if (!fs::is_directory(checkpoints)) return;
  for (const auto& entry : fs::directory_iterator(checkpoints)) {
    if (entry.path().filename().string().starts_with(kTemporary)) fs::remove_all(entry.path(), ignored);
  }
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
