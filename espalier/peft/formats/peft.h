// PEFT's adapter folders, both ways: adapter_config.json and adapter_model.safetensors, keys and settings as peft 0.21 writes
// them, of LoRA, DoRA, (IA)³, norms, prompts and prefixes.
#pragma once

#include <string>
#include <vector>

#include "espalier/base/files.h"
#include "espalier/base/log.h"
#include "espalier/models/head.h"
#include "espalier/peft/formats/peft_settings.h"
#include "espalier/peft/lora.h"

namespace espalier {

struct LoadedPeft {
  Modifier& method;
  std::vector<Parameter*> whole;  ///< of the head and the base: what the file holds under modules_to_save
  PeftNotes notes;
  Lora& lora() const;  ///< the method, where it is a LoRA
};

/// Attaches the folder's method under `name` ("" = its kind's own), puts its biases and whole modules into the base (detaching
/// gives them back) and its head's weights into the model's head, making one when there is none. Sites are those of the file's
/// keys, which must be those that its settings name. Everything that does not fit is refused by name, all at once, before the
/// model is touched.
LoadedPeft load_peft(Model& model, const fs::path& folder, const std::string& name, Log& log);
/// The head that the folder brings for this backbone (weights are not needed); `otherwise` where it brings none, or one of the
/// same kind and size.
HeadOptions peft_head(const Model& model, const fs::path& folder, const HeadOptions& otherwise);

/// Writes the adapter; `whole` are the parameters that trained beside it (the head's, others of the base): their modules go under
/// modules_to_save. What `notes` leaves open is filled in. The scalars of dtype double stay F64.
void save_peft(Model& model, const Modifier& method, const fs::path& folder, const PeftNotes& notes,
               const std::vector<Parameter*>& whole);
/// Why save_peft would refuse, by place; empty when it would not.
Problems peft_obstacles(Model& model, const Modifier& method, const std::vector<Parameter*>& whole);

}  // namespace espalier
