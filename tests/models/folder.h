// A tiny model's Hugging Face folder that tests break in one way each.
#pragma once

#include "espalier/io/json.h"
#include "espalier/io/safetensors_writer.h"
#include "espalier/models/leaf.h"
#include "espalier/models/load.h"
#include "espalier/models/save.h"
#include "tests/support/files.h"
#include "tests/support/tiny_bert.h"

namespace espalier::support {

struct ModelFolder {
  std::unique_ptr<Model> model;
  nlohmann::json config = tiny_config();
  std::map<std::string, Tensor> tensors;  ///< by upstream's names, in float

  explicit ModelFolder(const HeadOptions& head = classes(3)) : model(tiny_bert(head)) {
    for (Parameter* p : model->base_parameters()) tensors[saved_name(*model, p->path())] = p->leaf().to(at::kFloat);
    config["architectures"] = {"BertForSequenceClassification"};
    config["num_labels"] = 3;
  }

  std::vector<NamedTensor> named() const {
    std::vector<NamedTensor> list;
    for (const auto& [name, tensor] : tensors) list.push_back(named_tensor(name, tensor));
    return list;
  }
  void write(const fs::path& folder) const {
    make_folder(folder);
    write_safetensors(folder / "model.safetensors", named());
    write_json(folder / "config.json", config);
  }
  /// The same tensors under changed names.
  template <class Change>
  void rename(Change change) {
    std::map<std::string, Tensor> renamed;
    for (auto& [name, tensor] : tensors) renamed[change(name)] = tensor;
    tensors = std::move(renamed);
  }
  std::unique_ptr<Model> load(const LoadOptions& options = {}) {
    const TemporaryFolder folder;
    write(folder.path());
    return load_model(folder.path(), options, log);
  }
  bool noted(const std::string& piece) const {
    for (const std::string& note : log.notes) {
      if (note.find(piece) != std::string::npos) return true;
    }
    return false;
  }
  MemoryLog log;
};

/// Every leaf of `model` equals the folder's tensor of its name (head parts only where the folder has them).
inline void expect_leaves(Model& model, const std::map<std::string, Tensor>& tensors) {
  int64_t compared = 0;
  for (Parameter* p : model.base_parameters()) {
    const auto wanted = tensors.find(saved_name(model, p->path()));
    if (wanted == tensors.end()) continue;
    EXPECT_TRUE(p->leaf().equal(wanted->second.to(p->leaf().scalar_type()))) << p->path();
    ++compared;
  }
  EXPECT_GT(compared, 30);
}

}  // namespace espalier::support
