// The folder adapter/ of a run: what was trained, and what is needed to use it again.
//
//   one method that       adapter_config.json  adapter_model.safetensors: a PEFT folder, the head under modules_to_save
//   peft has a type for
//   bag_of_words          bag_of_words.safetensors
//   anything else         trained.safetensors: every trained parameter by our path
//   always                espalier.json: methods, labels, pooling, sha256 of the base
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "espalier/recipe/build.h"
#include "espalier/train/bag_of_words.h"

namespace espalier {

void save_adapter(Model& model, const Plan& plan, const Trained& trained, const fs::path& folder);
void save_adapter(const BagOfWords& bag, const Plan& plan, const fs::path& folder);
/// The base from `base` with what `folder` holds attached and filled in.
std::unique_ptr<Model> load_adapted(const Plan& plan, const fs::path& base, const fs::path& folder, const Task& task, Log& log);
fs::path bag_file(const fs::path& adapter);
/// Bytes of the tensor files in the folder.
int64_t adapter_bytes(const fs::path& folder);
/// espalier.json of an adapter folder; null when there is none, as in folders written by peft.
nlohmann::json adapter_notes(const fs::path& folder);

}  // namespace espalier
