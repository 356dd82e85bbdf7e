// Reading a Hugging Face folder: config.json and model.safetensors (single or sharded), memory-mapped.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "espalier/base/files.h"
#include "espalier/base/log.h"
#include "espalier/models/model.h"

namespace espalier {

struct LoadOptions {
  std::optional<HeadOptions> head;    ///< absent: the head that config.json names, if any
  at::ScalarType dtype = at::kFloat;  ///< float or double; half and bfloat16 files are converted
  uint64_t seed = 1;                  ///< of newly initialised tensors
  bool check_finite = true;           ///< NaN or infinite weights are refused by tensor name
};

/// A model's folder: a path; else a name in the Hugging Face cache; else a usage Error with the command that downloads it. Of a
/// sentence encoder the folder of its transformer.
fs::path find_model(const std::string& name);
/// The model, its leaves views of the map where dtypes agree. All missing, extra and wrongly shaped tensors are refused at once;
/// known buffers (position_ids) and unused heads are noted in `log`; newly initialised tensors are listed there.
std::unique_ptr<Model> load_model(const fs::path& folder, const LoadOptions& options, Log& log);
/// A model with undefined leaves and no head from a config alone (counts, plans, tests).
std::unique_ptr<Model> make_model(const nlohmann::json& config, const std::string& place);
/// Every undefined leaf gets initial values as the family's pretraining would: normal weights, zero biases, unit norms.
void initialize(Model& model, at::ScalarType dtype, uint64_t seed);
/// "automatic" resolved: that of the sentence encoder that the folder is (or is part of), else the family's own.
Pooling resolve_pooling(Pooling wanted, const fs::path& folder, const Model& model);
/// The head that config.json describes: transformers' architectures and labels, or ours under "espalier"; kind none for a bare
/// backbone.
HeadOptions head_of_config(const nlohmann::json& config, const std::string& place);
/// The head that a model's folder describes: a head of ours beside a sentence encoder, else that of its config.json.
HeadOptions head_of_folder(const fs::path& folder);

}  // namespace espalier
