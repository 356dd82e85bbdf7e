// Writing a Hugging Face folder: config.json and model.safetensors with upstream's names.
#pragma once

#include "espalier/base/files.h"
#include "espalier/base/log.h"
#include "espalier/models/model.h"

namespace espalier {

/// Backbone and head as they are now (merge first what should be in it). Labels go to id2label and label2id. Notes which class
/// or library loads the folder. `tokenizer_from`: a folder whose tokenizer files are copied.
void save_model(Model& model, const fs::path& folder, const fs::path& tokenizer_from, Log& log);

/// The name that save_model gives a parameter: upstream's, without the base prefix where the model is a bare backbone.
std::string saved_name(const Model& model, const std::string& path);

}  // namespace espalier
