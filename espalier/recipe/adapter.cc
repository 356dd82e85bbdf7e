#include "espalier/recipe/adapter.h"

#include <algorithm>
#include <functional>

#include "espalier/base/folder.h"
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

/// Makes a folder beside the one that is meant, and puts it in place once it is whole.
void write_folder(const fs::path& folder, const std::function<void(const fs::path& made)>& body) {
  const fs::path made = temporary_beside(folder);
  std::error_code ignored;
  fs::remove_all(made, ignored);
  try {
    make_folder(made);
    body(made);
    replace_folder(made, folder);
  } catch (...) {
    fs::remove_all(made, ignored);
    throw;
  }
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

/// What trained beside the method: under modules_to_save in peft's folders.
std::vector<Parameter*> beside_method(const Trained& trained) {
  std::vector<Parameter*> whole = trained.head;
  whole.insert(whole.end(), trained.extra.begin(), trained.extra.end());
  return whole;
}

/// The only method, where peft's files have a place for it and for all that trains.
const Modifier* for_peft(Model& model, const Trained& trained) {
  if (model.modifiers().size() != 1) return nullptr;
  const Modifier* method = model.modifiers()[0].get();
  return peft_obstacles(model, *method, beside_method(trained)).empty() ? method : nullptr;
}

}  // namespace

void save_adapter(Model& model, const Plan& plan, const Trained& trained, const fs::path& folder) {
  write_folder(folder, [&](const fs::path& made) {
    if (const Modifier* method = for_peft(model, trained)) {
      save_peft(model, *method, made, {.base = plan.recipe.model.from}, beside_method(trained));
    } else {
      NamedTensors tensors;
      for (const Parameter* parameter : trained.all()) tensors[parameter->path()] = parameter->leaf().detach();
      write_tensors(made / kTrained, tensors, {{"format", "espalier"}});
    }
    write_notes(plan, made);
  });
}

void save_adapter(const BagOfWords& bag, const Plan& plan, const fs::path& folder) {
  write_folder(folder, [&](const fs::path& made) {
    bag.save(bag_file(made));
    write_notes(plan, made);
  });
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
