#include <nlohmann/json.hpp>

#include "espalier/base/error.h"
#include "espalier/io/json.h"
#include "espalier/io/safetensors_writer.h"
#include "espalier/models/leaf.h"
#include "espalier/models/model.h"
#include "espalier/models/save.h"
#include "espalier/nn/tensor.h"
#include "espalier/peft/formats/peft.h"

namespace espalier {
namespace {

const char* task_type(const Model& model) {
  switch (model.head() != nullptr ? model.head()->options().kind : HeadKind::none) {
    case HeadKind::classify:
    case HeadKind::multi_label:
    case HeadKind::regress:
      return "SEQ_CLS";
    case HeadKind::tokens:
      return "TOKEN_CLS";
    case HeadKind::none:
    case HeadKind::embed:
    case HeadKind::similarity:
    case HeadKind::masked_lm:
      return "FEATURE_EXTRACTION";
  }
  return "FEATURE_EXTRACTION";
}

/// "bert.encoder.layer.0.attention.self.query": the module that saved_name's tensor belongs to.
std::string module_name(const Model& model, const std::string& path) {
  const std::string tensor = saved_name(model, path + ".weight");
  return tensor.substr(0, tensor.rfind('.'));
}

std::string without_prefix(const Model& model, const std::string& name) {
  const std::string& prefix = model.backbone().names().prefix;
  return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

}  // namespace

void save_peft(Model& model, const Lora& lora, const fs::path& folder, const std::string& base) {
  Problems problems;
  for (const auto& pair : lora.pairs()) {
    const std::string path = pair->base.path();
    if (!upstream_tensor(model.backbone().names(), path + ".weight")) problems.add(path, "peft has no name for this place");
  }
  problems.raise(ErrorKind::unsupported, fmt::format("'{}' cannot be written as a PEFT folder", lora.name()));
  const LoraOptions& options = lora.settings();
  nlohmann::ordered_json config = {{"peft_type", "LORA"},
                                   {"task_type", task_type(model)},
                                   {"base_model_name_or_path", base},
                                   {"inference_mode", true},
                                   {"r", options.rank},
                                   {"lora_alpha", options.alpha},
                                   {"lora_dropout", options.dropout},
                                   {"use_rslora", options.rslora},
                                   {"bias", "none"},
                                   {"fan_in_fan_out", false},
                                   {"init_lora_weights", true},
                                   {"target_modules", nlohmann::json::array()},
                                   {"rank_pattern", nlohmann::json::object()},
                                   {"alpha_pattern", nlohmann::json::object()},
                                   {"modules_to_save", nullptr}};
  at::NoGradGuard no_gradient;
  std::vector<Tensor> kept;
  std::vector<NamedTensor> tensors;
  auto add = [&](const std::string& name, const Tensor& leaf) {
    tensors.push_back(named_tensor("base_model.model." + name, kept.emplace_back(leaf.detach().cpu().contiguous())));
  };
  kept.reserve(2 * lora.pairs().size() + 16);
  for (const auto& pair : lora.pairs()) {
    const std::string module = module_name(model, pair->base.path()), bare = without_prefix(model, module);
    add(module + ".lora_A.weight", pair->down.weight().leaf());
    add(module + ".lora_B.weight", pair->up.weight().leaf());
    config["target_modules"].push_back(bare);
    if (pair->rank != options.rank) config["rank_pattern"][bare] = pair->rank;
    if (pair->alpha != options.alpha) config["alpha_pattern"][bare] = pair->alpha;
  }
  if (model.head() != nullptr) {
    nlohmann::json saved = nlohmann::json::array();
    model.head()->each_module([&](Module& part) {
      const auto module = upstream_module(model.backbone().names(), part.path());
      if (module && !part.parameters().empty()) saved.push_back(*module);
    });
    for (Parameter* p : model.head()->parameters()) add(saved_name(model, p->path()), p->leaf());
    if (!saved.empty()) config["modules_to_save"] = saved;
  }
  make_folder(folder);
  write_safetensors(folder / "adapter_model.safetensors", tensors, {{"format", "pt"}});
  write_json(folder / "adapter_config.json", config);
}

}  // namespace espalier
