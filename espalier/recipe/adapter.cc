#include "espalier/recipe/adapter.h"

#include <algorithm>
#include <functional>

#include "espalier/base/folder.h"
#include "espalier/io/json.h"
#include "espalier/models/load.h"
#include "espalier/peft/formats/peft.h"
#include "espalier/pruning/bits.h"
#include "espalier/pruning/mask.h"
#include "espalier/train/state.h"
#include "espalier/train/tensor_file.h"

namespace espalier {
namespace {

constexpr const char* kNotes = "espalier.json";
constexpr const char* kTrained = "trained.safetensors";
constexpr const char* kPeft = "adapter_config.json";
constexpr const char* kDense = "dense";
constexpr const char* kValues = ".values";

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

std::vector<Mask*> masks_of(Model& model) {
  std::vector<Mask*> masks;
  for (const auto& modifier : model.modifiers()) {
    if (auto* mask = dynamic_cast<Mask*>(modifier.get())) masks.push_back(mask);
  }
  return masks;
}

/// What all masks together leave of a parameter; undefined where none covers it.
Tensor mask_over(const std::vector<Mask*>& masks, const Parameter& parameter) {
  Tensor all;
  for (const Mask* mask : masks) {
    const Tensor own = mask->mask_of(parameter);
    if (own.defined()) all = all.defined() ? all.logical_and(own) : own;
  }
  return all;
}

/// The only method beside written masks, where peft's files have a place for it and for all that trains.
const Modifier* for_peft(Model& model, const Trained& trained) {
  const Modifier* method = nullptr;
  for (const auto& modifier : model.modifiers()) {
    if (dynamic_cast<const Mask*>(modifier.get()) != nullptr && modifier->merged()) continue;
    if (method != nullptr) return nullptr;
    method = modifier.get();
  }
  return method != nullptr && peft_obstacles(model, *method, beside_method(trained)).empty() ? method : nullptr;
}

/// Trained numbers, of those under a mask only what stays, and what methods have chosen.
NamedTensors held(Model& model, const Trained& trained) {
  const std::vector<Mask*> masks = masks_of(model);
  NamedTensors tensors;
  for (const Parameter* parameter : trained.all()) {
    const Tensor mask = mask_over(masks, *parameter);
    if (mask.defined()) {
      tensors[parameter->path() + kValues] = pack_values(parameter->leaf(), mask);
    } else {
      tensors[parameter->path()] = parameter->leaf().detach();
    }
  }
  for (const auto& modifier : model.modifiers()) tensors.merge(modifier->kept());
  return tensors;
}

/// What held() gave, into a model with the same methods.
void put(Model& model, const Trained& trained, NamedTensors tensors, const std::string& place) {
  for (const auto& modifier : model.modifiers()) {
    modifier->restore_kept(tensors);
    for (const auto& [name, chosen] : modifier->kept()) tensors.erase(name);
  }
  const std::vector<Mask*> masks = masks_of(model);
  for (const Parameter* parameter : trained.all()) {
    const auto found = tensors.find(parameter->path() + kValues);
    const Tensor mask = mask_over(masks, *parameter);
    if (found == tensors.end() || !mask.defined()) continue;
    tensors[parameter->path()] = unpack_values(found->second, mask, place + ": " + found->first);
    tensors.erase(parameter->path() + kValues);
  }
  restore(trained.all(), tensors, place);
}

void write_trained(Model& model, const Plan& plan, const Trained& trained, const fs::path& folder) {
  if (const Modifier* method = for_peft(model, trained)) {
    save_peft(model, *method, folder, {.base = plan.recipe.model.from}, beside_method(trained));
  } else {
    write_tensors(folder / kTrained, held(model, trained), {{"format", "espalier"}});
  }
}

/// The same numbers as if there were no masks, the zeros written out: a file that other readers understand.
void write_dense(Model& model, const Plan& plan, const Trained& trained, const fs::path& folder) {
  std::vector<Mask*> written;
  const auto undo = [&] {
    for (auto mask = written.rbegin(); mask != written.rend(); ++mask) (*mask)->unmerge(model);
  };
  try {
    for (Mask* mask : masks_of(model)) {
      mask->merge(model);
      written.push_back(mask);
    }
    make_folder(folder);
    if (for_peft(model, trained) != nullptr) {
      write_trained(model, plan, trained, folder);
    } else {
      NamedTensors tensors;
      for (const Parameter* parameter : trained.all()) tensors[parameter->path()] = parameter->leaf().detach();
      write_tensors(folder / kTrained, tensors, {{"format", "espalier"}});
    }
  } catch (...) {
    undo();
    throw;
  }
  undo();
}

bool masks_what_trains(Model& model, const Trained& trained) {
  const std::vector<Mask*> masks = masks_of(model);
  return std::ranges::any_of(trained.all(), [&](const Parameter* p) { return mask_over(masks, *p).defined(); });
}

}  // namespace

void save_adapter(Model& model, const Plan& plan, const Trained& trained, const fs::path& folder) {
  write_folder(folder, [&](const fs::path& made) {
    write_trained(model, plan, trained, made);
    if (masks_what_trains(model, trained)) write_dense(model, plan, trained, made / kDense);
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
    put(*model, trained_parts(*model, plan.recipe), read_tensors(folder / kTrained), (folder / kTrained).string());
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
