#include "espalier/recipe/adapter.h"

#include <algorithm>

#include "espalier/io/json.h"
#include "espalier/models/load.h"
#include "espalier/peft/formats/peft.h"
#include "espalier/train/state.h"
#include "espalier/train/tensor_file.h"

namespace espalier {
namespace {

constexpr const char* kNotes = "espalier.json";
constexpr const char* kTrained = "trained.safetensors";
constexpr const char* kPeft = "adapter_config.json";

/// An old folder of an earlier part of the run goes first, so that no file of it stays.
void clear(const fs::path& folder) {
  std::error_code failure;
  fs::remove_all(folder, failure);
  if (failure) throw data_error("cannot be removed: {}", failure.message()).at(folder.string());
  make_folder(folder);
}

void write_notes(const Plan& plan, const fs::path& folder) {
  nlohmann::json methods = nlohmann::json::array();
  for (const Value& method : plan.recipe.method) methods.push_back(method.text());
  const nlohmann::json notes = {{"format_version", 1},
                                {"methods", methods},
                                {"head", plan.facts.head},
                                {"pooling", plan.facts.pooling},
                                {"labels", plan.recipe.data.labels},
                                {"max_length", plan.recipe.data.max_length},
                                {"model_sha256", plan.facts.model_sha256},
                                {"plan", plan.id()}};
  write_json(folder / kNotes, notes);
}

/// The only method is a LoRA, and nothing trains that peft's files have no place for.
const Lora* only_lora(Model& model, const Trained& trained) {
  if (model.modifiers().size() != 1 || !trained.extra.empty()) return nullptr;
  const bool heads = std::all_of(trained.head.begin(), trained.head.end(),
                                 [](const Parameter* parameter) { return parameter->path().starts_with("head."); });
  return heads ? dynamic_cast<const Lora*>(model.modifiers()[0].get()) : nullptr;
}

}  // namespace

void save_adapter(Model& model, const Plan& plan, const Trained& trained, const fs::path& folder) {
  clear(folder);
  if (const Lora* lora = only_lora(model, trained)) {
    save_peft(model, *lora, folder, plan.recipe.model.from);
  } else {
    NamedTensors tensors;
    for (const Parameter* parameter : trained.all()) tensors[parameter->path()] = parameter->leaf().detach();
    write_tensors(folder / kTrained, tensors, {{"format", "espalier"}});
  }
  write_notes(plan, folder);
}

void save_adapter(const BagOfWords& bag, const Plan& plan, const fs::path& folder) {
  clear(folder);
  bag.save(bag_file(folder));
  write_notes(plan, folder);
}

std::unique_ptr<Model> load_adapted(const Plan& plan, const fs::path& base, const fs::path& folder, const Task& task, Log& log) {
  if (fs::exists(folder / kTrained)) {
    std::unique_ptr<Model> model = build_model(plan, base, task, log);
    const std::vector<Parameter*> trained = trained_parts(*model, plan.recipe).all();
    restore(trained, read_tensors(folder / kTrained), (folder / kTrained).string());
    return model;
  }
  if (!fs::exists(folder / kPeft)) {
    throw data_error("neither {} nor {} is there", kTrained, kPeft).at(folder.string()).hint("the run may not have finished");
  }
  LoadOptions load;
  load.head = head_for(task, pooling_from(plan.facts.pooling));
  load.seed = uint64_t(plan.recipe.seed);
  std::unique_ptr<Model> model = load_model(base, load, log);
  load_peft(*model, folder, *plan.recipe.method.at(0).find("name")->as_string(), log);
  return model;
}

fs::path bag_file(const fs::path& adapter) { return adapter / "bag_of_words.safetensors"; }

int64_t adapter_bytes(const fs::path& folder) {
  int64_t bytes = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".safetensors") bytes += int64_t(entry.file_size());
  }
  return bytes;
}

nlohmann::json adapter_notes(const fs::path& folder) {
  return fs::exists(folder / kNotes) ? read_json(folder / kNotes) : nlohmann::json();
}

}  // namespace espalier
