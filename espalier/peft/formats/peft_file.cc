#include "espalier/peft/formats/peft_file.h"

#include <nlohmann/json.hpp>
#include <set>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/json.h"

namespace espalier {
namespace {

constexpr std::string_view kPrefix = "base_model.model.", kPrefixOfPrompts = "base_model.";

/// peft's file, or that of a folder made from LoRA's authors' checkpoint.
std::string stem(const fs::path& folder) {
  const bool peft =
      fs::exists(folder / "adapter_model.safetensors") || fs::exists(folder / "adapter_model.safetensors.index.json");
  return !peft && fs::exists(folder / "adapter.safetensors") ? "adapter" : "adapter_model";
}

bool take_suffix(std::string& name, std::string_view suffix) {
  if (!name.ends_with(suffix)) return false;
  name.erase(name.size() - suffix.size());
  return true;
}

bool has_part(const std::string& name, std::string_view part) {
  return ("." + name + ".").find("." + std::string(part) + ".") != std::string::npos;
}

}  // namespace

PeftFile::PeftFile(const fs::path& folder)
    : place_((folder / "adapter_config.json").string()),
      settings_(read_ordered_json(folder / "adapter_config.json"), place_),
      tensors_(folder, stem(folder)) {
  for (const auto& [key, view] : tensors_.tensors()) sort(key, view);
}

void PeftFile::sort(const std::string& key, const TensorView& view) {
  const bool prompts = settings_.type == PeftType::prompt || settings_.type == PeftType::prefix;
  const std::string_view prefix = prompts ? kPrefixOfPrompts : kPrefix;
  const std::string name = key.starts_with(prefix) ? key.substr(prefix.size()) : key;
  if (take_own(key, name, view)) return;
  if (has_part(name, "original_module") || has_part(name, "modules_to_save")) {
    // With "bias": "all" peft also writes the biases inside its wrappers: the base's own, and a second copy of those saved.
    if (settings_.bias != "all" || !name.ends_with(".bias")) strange_[key] = "stands inside a wrapper of peft's";
  } else if (settings_.type == PeftType::lora) {
    sort_lora(key, name, view);
  } else {
    whole_[name] = {key, &view, settings_.saved_whole(name)};
  }
}

/// What the type itself keeps: pairs, vectors, norms, rows.
bool PeftFile::take_own(const std::string& key, const std::string& name, const TensorView& view) {
  std::string module = name;
  const auto keep = [&](Whole& place) {
    if (place.view != nullptr) strange_[key] = "given twice";
    place = {key, &view, true};
    return true;
  };
  switch (settings_.type) {
    case PeftType::lora:
      for (const char* suffix : {".lora_A.weight", ".lora_A", ".lora_B.weight", ".lora_B", ".lora_magnitude_vector.weight",
                                 ".lora_magnitude_vector"}) {
        if (!take_suffix(module, suffix)) continue;
        Pair& pair = pairs_[module];
        const char which = suffix[6];  // A, B or m
        const TensorView*& place = which == 'A' ? pair.a : which == 'B' ? pair.b : pair.m;
        if (place != nullptr) strange_[key] = "given twice";
        (which == 'A' ? pair.a_name : which == 'B' ? pair.b_name : pair.m_name) = key;
        place = &view;
        return true;
      }
      return false;
    case PeftType::ia3:
      return take_suffix(module, ".ia3_l") && keep(own_[module]);
    case PeftType::norms: {
      const std::string tensor = replace_all(name, ".ln_tuning_layers.", ".");
      return tensor != name && keep(own_[tensor]);
    }
    case PeftType::prompt:
    case PeftType::prefix:
      return name == "prompt_embeddings" && keep(rows_);
  }
  return false;
}

void PeftFile::sort_lora(const std::string& key, const std::string& name, const TensorView& view) {
  if (name.find(".lora_embedding_") != std::string::npos) {
    strange_[key] = "an update of an embedding, which is not supported";
  } else if (name.find(".lora_") != std::string::npos) {
    strange_[key] = "a part of an update that is not supported";
  } else if (name.ends_with(".base_layer.bias")) {
    const std::string bias = replace_all(name, ".base_layer.bias", ".bias");
    if (settings_.bias == "none") {
      strange_[key] = "a bias of the base, while \"bias\" is none";
    } else {
      biases_[bias] = {key, &view, false};
    }
  } else if (settings_.saved_whole(name)) {
    whole_[name] = {key, &view, true};
  } else if (settings_.bias == "all" && name.ends_with(".bias")) {
    biases_[name] = {key, &view, false};
  } else {
    whole_[name] = {key, &view, false};
  }
}

std::vector<std::string> PeftFile::modules() const {
  std::set<std::string> modules;
  for (const auto& [module, pair] : pairs_) modules.insert(module);
  for (const auto& [name, own] : own_) {
    modules.insert(settings_.type == PeftType::norms ? name.substr(0, name.rfind('.')) : name);
  }
  return {modules.begin(), modules.end()};
}

}  // namespace espalier
