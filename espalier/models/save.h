// Writing a Hugging Face folder: config.json and model.safetensors with upstream's names.
#pragma once

#include "espalier/base/files.h"
#include "espalier/base/log.h"
#include "espalier/models/model.h"

namespace espalier {

/// Who reads a folder that save_model wrote.
struct SavedModel {
  std::string architecture;       ///< transformers' class of the files at the root: "BertForSequenceClassification"
  bool sentence_encoder = false;  ///< pooled as transformers' classes cannot: sentence-transformers reads it
  bool head_beside = false;       ///< the head stands in head/, for espalier alone
};

/// Backbone and head as they are now (merge first what should be in it). Labels go to id2label and label2id. Where transformers'
/// classes cannot express the pooling, the folder is one of sentence-transformers, with the head beside it. `tokenizer_from`: a
/// folder whose tokenizer files are copied. `max_length`: the longest text in tokens, 0 = not said.
SavedModel save_model(Model& model, const fs::path& folder, const fs::path& tokenizer_from, Log& log, int64_t max_length = 0);

/// The name that save_model gives a parameter: upstream's, without the base prefix where the model is a bare backbone.
std::string saved_name(const Model& model, const std::string& path);

}  // namespace espalier
