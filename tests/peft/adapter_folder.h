// An adapter folder as peft writes it, on queries and values of tiny_bert; tests change it in one way each.
#pragma once

#include "espalier/io/json.h"
#include "espalier/io/safetensors_writer.h"
#include "espalier/models/leaf.h"
#include "espalier/peft/formats/peft.h"
#include "tests/support/files.h"
#include "tests/support/tiny_bert.h"

namespace espalier::support {

struct AdapterFolder {
  nlohmann::ordered_json config = {
      {"peft_type", "LORA"}, {"r", 2}, {"lora_alpha", 4}, {"bias", "none"}, {"task_type", "SEQ_CLS"}};
  std::map<std::string, Tensor> tensors;
  std::string file = "adapter_model.safetensors";
  MemoryLog log;

  AdapterFolder() {
    for (int i = 0; i < 2; ++i) {
      for (const char* which : {"query", "value"}) {
        tensors[name(i, which) + ".lora_A.weight"] = at::linspace(-1, 1, 24, at::kDouble).view({2, 12});
        tensors[name(i, which) + ".lora_B.weight"] = at::linspace(-0.5, 0.5 + i, 24, at::kDouble).view({12, 2});
      }
    }
  }
  static std::string name(int layer, const std::string& which) {
    return "base_model.model.bert.encoder.layer." + std::to_string(layer) + ".attention.self." + which;
  }
  void write(const fs::path& folder) const {
    std::vector<NamedTensor> named;
    for (const auto& [key, tensor] : tensors) named.push_back(named_tensor(key, tensor));
    write_safetensors(folder / file, named);
    write_json(folder / "adapter_config.json", config);
  }
  LoadedPeft load(Model& model) {
    const TemporaryFolder folder;
    write(folder.path());
    return load_peft(model, folder.path(), "theirs", log);
  }
};

inline Tensor outputs_of(Model& model) {
  at::NoGradGuard no_gradient;
  Pass pass;
  return model(random_batch({4, 3}), pass);
}

}  // namespace espalier::support
