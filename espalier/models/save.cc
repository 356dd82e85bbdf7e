#include "espalier/models/save.h"

#include <nlohmann/json.hpp>

#include "espalier/base/error.h"
#include "espalier/io/json.h"
#include "espalier/io/safetensors_writer.h"
#include "espalier/models/leaf.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

constexpr int64_t kShardBytes = 5'000'000'000;  // as transformers splits

std::string architecture(const Model& model) {
  std::string name = model.family();
  name[0] = char(std::toupper(name[0]));
  switch (model.head() != nullptr ? model.head()->options().kind : HeadKind::none) {
    case HeadKind::classify:
    case HeadKind::multi_label:
    case HeadKind::regress:
      return name + "ForSequenceClassification";
    case HeadKind::tokens:
      return name + "ForTokenClassification";
    case HeadKind::masked_lm:
      return name + "ForMaskedLM";
    default:
      return name + "Model";
  }
}

void describe_head(nlohmann::json& config, const HeadOptions& head) {
  config["espalier"] = {{"head", head_name(head.kind)}, {"pooling", pooling_name(head.pooling)}};
  if (head.kind == HeadKind::regress) config["problem_type"] = "regression";
  if (head.kind == HeadKind::classify) config["problem_type"] = "single_label_classification";
  if (head.kind == HeadKind::multi_label) config["problem_type"] = "multi_label_classification";
  if (head.labels.empty()) {
    if (head.kind == HeadKind::regress) config["id2label"] = {{"0", "LABEL_0"}}, config["label2id"] = {{"LABEL_0", 0}};
    return;
  }
  config["id2label"] = config["label2id"] = nlohmann::json::object();
  for (size_t i = 0; i < head.labels.size(); ++i) {
    config["id2label"][std::to_string(i)] = head.labels[i];
    config["label2id"][head.labels[i]] = i;
  }
  config.erase("num_labels");
}

}  // namespace

std::string saved_name(const Model& model, const std::string& path) {
  const NameTable& table = model.backbone().names();
  const std::string name = upstream_tensor(table, path).value();
  const HeadKind head = model.head() != nullptr ? model.head()->options().kind : HeadKind::none;
  const bool bare = head == HeadKind::none || head == HeadKind::embed || head == HeadKind::similarity;
  return bare && name.starts_with(table.prefix) ? name.substr(table.prefix.size()) : name;
}

void save_model(Model& model, const fs::path& folder, const fs::path& tokenizer_from, Log& log) {
  make_folder(folder);
  nlohmann::json config = model.config();
  config["architectures"] = {architecture(model)};
  config.erase("espalier");  // of the folder it was read from
  if (model.head() != nullptr) describe_head(config, model.head()->options());
  for (const char* key : {"torch_dtype", "dtype"}) {
    if (config.contains(key)) config[key] = model.dtype() == at::kDouble ? "float64" : "float32";
  }

  at::NoGradGuard no_gradient;
  std::vector<Tensor> kept;
  std::vector<NamedTensor> tensors;
  for (Parameter* parameter : model.base_parameters()) {
    const Tensor& leaf = kept.emplace_back(parameter->leaf().detach().cpu().contiguous());
    tensors.push_back(named_tensor(saved_name(model, parameter->path()), leaf));
  }
  write_sharded(folder, tensors, kShardBytes, {{"format", "pt"}});
  write_json(folder / "config.json", config);

  for (const char* name : {"tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json"}) {
    if (fs::exists(tokenizer_from / name) && !fs::equivalent(tokenizer_from, folder)) {
      write_file(folder / name, read_file(tokenizer_from / name));
    }
  }
  log.note(fmt::format("{} holds a {} for transformers", folder.string(), architecture(model)));
}

}  // namespace espalier
