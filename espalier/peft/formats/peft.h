// PEFT's adapter folders, both ways: adapter_config.json and adapter_model.safetensors, keys and settings as peft 0.21 writes
// them.
#pragma once

#include <string>
#include <vector>

#include "espalier/base/files.h"
#include "espalier/base/log.h"
#include "espalier/peft/lora.h"

namespace espalier {

/// Writes the adapter, and the head under modules_to_save. `base` goes into base_model_name_or_path. The scalars of dtype double
/// stay F64.
void save_peft(Model& model, const Lora& lora, const fs::path& folder, const std::string& base);

/// Attaches the folder's LoRA under `name` and puts its head's weights into the model's head (making a classifier when there is
/// none). Sites and ranks are those of the file's keys. Unknown or unsupported settings are refused by name, all at once; so are
/// keys that fit no place of this backbone.
Lora& load_peft(Model& model, const fs::path& folder, const std::string& name, Log& log);

}  // namespace espalier
