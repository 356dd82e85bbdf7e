// A model made from an oracle case: config from the sidecar, weights from the same safetensors file as inputs and outputs.
#pragma once

#include <nlohmann/json.hpp>

#include "espalier/io/json.h"
#include "espalier/io/safetensors_writer.h"
#include "espalier/models/load.h"
#include "tests/support/bert_run.h"
#include "tests/support/files.h"

namespace espalier::support {

struct OracleCase {
  nlohmann::json about;
  Tensors tensors;
};

inline OracleCase read_case(const std::string& name) {
  const fs::path path = fs::path(ESPALIER_TESTS_DIR) / "oracle" / name;
  return {read_json(path.string() + ".json"), all_tensors(Safetensors(path.string() + ".safetensors"))};
}

/// A weight by upstream's name, not an input, an output or a gradient.
inline bool is_weight(const std::string& name) {
  for (const char* family : {"bert.", "roberta.", "distilbert.", "electra.", "albert.", "vit.", "deit."}) {
    if (name.starts_with(family)) return true;
  }
  for (const char* part : {"embeddings",
                           "encoder.",
                           "transformer.",
                           "shared.",
                           "decoder.",
                           "classification_head.",
                           "final_logits_bias",
                           "pooler",
                           "pre_classifier.",
                           "classifier.",
                           "cls.",
                           "cls_classifier.",
                           "distillation_classifier.",
                           "layernorm.",
                           "lm_head.",
                           "vocab_",
                           "generator_",
                           "predictions.",
                           "wte.",
                           "wpe.",
                           "h.",
                           "ln_f.",
                           "score.",
                           "model.",
                           "embed_tokens.",
                           "layers.",
                           "norm."}) {
    if (name.starts_with(part)) return true;
  }
  return false;
}

/// Writes the case's weights as a Hugging Face folder and reads that, in double.
inline std::unique_ptr<Model> oracle_model(const OracleCase& c, const TemporaryFolder& folder, HeadOptions head) {
  std::vector<NamedTensor> weights;
  for (const auto& [name, tensor] : c.tensors) {
    if (is_weight(name)) weights.push_back(named_tensor(name, tensor));
  }
  write_safetensors(folder / "model.safetensors", weights);
  write_json(folder / "config.json", c.about.at("config"));
  MemoryLog log;
  return load_model(folder.path(), {.head = head, .dtype = at::kDouble}, log);
}

inline HeadOptions oracle_head(const OracleCase& c) {
  HeadOptions head{.kind = head_of_case(c.about.at("head"))};
  for (int64_t i = 0; i < c.about.at("num_labels").get<int64_t>(); ++i) head.labels.push_back("LABEL_" + std::to_string(i));
  head.teacher = c.about.at("head") == "teacher";
  const std::string pooling = c.about.value("pooling", "none");
  if (pooling != "none") head.pooling = pooling_from(pooling);
  return head;
}

}  // namespace espalier::support
