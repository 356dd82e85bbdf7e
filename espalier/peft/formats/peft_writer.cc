#include "espalier/peft/formats/peft_writer.h"

#include <algorithm>
#include <set>

#include "espalier/io/json.h"
#include "espalier/io/safetensors_writer.h"
#include "espalier/models/leaf.h"
#include "espalier/models/save.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

constexpr const char* kRows = "prompt_embeddings";

const char* task_type(const Model& model) {
  switch (model.head() != nullptr ? model.head()->options().kind : HeadKind::none) {
    case HeadKind::classify:
    case HeadKind::multi_label:
    case HeadKind::regress:
      return "SEQ_CLS";
    case HeadKind::tokens:
      return "TOKEN_CLS";
    case HeadKind::causal_lm:
      return "CAUSAL_LM";
    case HeadKind::seq2seq:
      return "SEQ_2_SEQ_LM";
    case HeadKind::none:
    case HeadKind::embed:
    case HeadKind::similarity:
    case HeadKind::masked_lm:
      return "FEATURE_EXTRACTION";
  }
  return "FEATURE_EXTRACTION";
}

std::vector<Parameter*> own_parameters(Module& m) {
  std::vector<Parameter*> own;
  m.each_parameter([&](Parameter& p) {
    if (module_of(p.path()) == m.path()) own.push_back(&p);
  });
  return own;
}

}  // namespace

std::string module_of(const std::string& tensor) { return tensor.substr(0, tensor.rfind('.')); }

PeftWriter::PeftWriter(Model& model, const Modifier&, PeftType type, std::vector<Parameter*> whole)
    : model_(model), table_(model.names()), type_(type) {
  const std::set<Parameter*> wanted(whole.begin(), whole.end());
  model.each_module([&](Module& m) {
    for (Parameter* p : own_parameters(m)) {
      if (wanted.contains(p)) saved_[m.path()] = &m;
    }
  });
  for (const auto& [path, module] : saved_) {
    if (!upstream_module(table_, path)) problems_.add(path, "peft has no name for this place");
  }
}

void PeftWriter::write(const fs::path& folder, const PeftNotes& notes) {
  const auto text = [](const std::string& said) {
    return said.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(said);
  };
  config_ = {{"peft_type", peft_type_name(type_)},
             {"task_type", text(notes.task_type.value_or(task_type(model_)))},
             {"base_model_name_or_path", text(notes.base)},
             {"revision", text(notes.revision)},
             {"inference_mode", notes.inference_mode.value_or(true)},
             {"modules_to_save", nullptr}};
  if (!notes.peft_version.empty()) config_["peft_version"] = notes.peft_version;
  tensors_.clear();
  at::NoGradGuard no_gradient;
  add_own();
  add_whole();
  // Prompts stand beside the base, not inside it.
  const bool rows = type_ == PeftType::prompt || type_ == PeftType::prefix;
  const std::string prefix = rows ? "base_model." : "base_model.model.";
  std::vector<NamedTensor> named;
  for (const auto& [name, tensor] : tensors_) named.push_back(named_tensor(name == kRows ? name : prefix + name, tensor));
  make_folder(folder);
  write_safetensors(folder / "adapter_model.safetensors", named, {{"format", "pt"}});
  write_json(folder / "adapter_config.json", config_);
}

std::map<std::string, std::vector<std::string>> PeftWriter::layers_of(const std::vector<std::string>& paths) {
  std::map<std::string, std::vector<std::string>> layers;
  for (const std::string& path : paths) {
    if (const auto fused = upstream_fused(table_, path)) {
      layers[bare_or_full(*fused)].push_back(path);
    } else if (upstream_module(table_, path)) {
      layers[module_of(upstream(path + ".weight"))].push_back(path);
    } else {
      problems_.add(path, "peft has no name for this place");
    }
  }
  for (auto& [module, parts] : layers) {
    const std::vector<std::string> order = our_parts(table_, module);
    const auto at = [&](const std::string& path) { return std::find(order.begin(), order.end(), path); };
    std::sort(parts.begin(), parts.end(), [&](const std::string& a, const std::string& b) { return at(a) < at(b); });
  }
  return layers;
}

void PeftWriter::refuse_saved(const std::string& path, const std::string& reason) {
  if (saved(path)) problems_.add(path, reason);
}

void PeftWriter::add(const std::string& name, const Tensor& leaf) { tensors_[name] = leaf.detach().cpu().contiguous(); }

std::string PeftWriter::upstream(const std::string& path) const {
  const std::string in_file = saved_name(model_, path);
  const size_t dot = path.rfind('.');
  // peft names layers as the classes do, which in ViT is not as files do.
  const auto module = path.starts_with("head.") ? std::nullopt : upstream_module(table_, path.substr(0, dot));
  if (!module) return in_file;
  const bool bare = module->starts_with(table_.prefix) && !in_file.starts_with(table_.prefix);
  return module->substr(bare ? table_.prefix.size() : 0) + path.substr(dot);
}

std::string PeftWriter::bare_or_full(const std::string& fused) const {
  const std::string known = upstream(model_.backbone().token_table().path());
  return known.starts_with(table_.prefix) ? fused : target(fused);
}

std::string PeftWriter::target(const std::string& module) const {
  return module.starts_with(table_.prefix) ? module.substr(table_.prefix.size()) : module;
}

void PeftWriter::add_whole() {
  std::vector<std::string> saved;
  for (const auto& [path, module] : saved_) {
    const std::string name = module_of(upstream(path + ".weight"));
    // Of a classifier of several layers peft saves the whole, since it wraps any module of that name itself.
    const std::string listed = name.starts_with("classifier.") ? "classifier" : name;
    if (std::find(saved.begin(), saved.end(), listed) == saved.end()) saved.push_back(listed);
    auto* linear = dynamic_cast<Linear*>(module);
    if (linear != nullptr && linear->tied()) add(name + ".weight", linear->weight().leaf());
    for (Parameter* p : own_parameters(*module)) {
      if (p->defined()) add(name + p->path().substr(p->path().rfind('.')), p->leaf());
    }
  }
  if (!saved.empty()) config_["modules_to_save"] = saved;
}

}  // namespace espalier
