#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "espalier/base/error.h"
#include "espalier/base/pattern.h"
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
    case HeadKind::causal_lm:
      return "CAUSAL_LM";
    case HeadKind::none:
    case HeadKind::embed:
    case HeadKind::similarity:
    case HeadKind::masked_lm:
      return "FEATURE_EXTRACTION";
  }
  return "FEATURE_EXTRACTION";
}

std::string module_of(const std::string& tensor) { return tensor.substr(0, tensor.rfind('.')); }

std::string without(const std::string& name, const std::string& prefix) {
  return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

/// The folder's contents, and what stands in the way of them.
class Writer {
 public:
  Writer(Model& model, const Lora& lora, const std::vector<Parameter*>& whole)
      : model_(model), table_(model.names()), lora_(lora) {
    const Pattern also(lora.settings().also.empty() ? "**" : lora.settings().also);
    std::set<Parameter*> saved(whole.begin(), whole.end());
    for (Parameter* p : lora.of_the_base()) {
      if (!lora.settings().also.empty() && also.matches(p->path())) {
        saved.insert(p);
      } else if (!saved.contains(p)) {
        biases_.push_back(p);
      }
    }
    model.each_module([&](Module& m) {
      for (Parameter* p : own_parameters(m)) {
        if (saved.contains(p)) saved_[m.path()] = &m;
      }
    });
    group_pairs();
    look_for_obstacles();
  }

  const Problems& obstacles() const { return problems_; }

  void write(const fs::path& folder, const PeftNotes& notes) {
    const LoraOptions& options = lora_.settings();
    const auto text = [](const std::string& said) {
      return said.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(said);
    };
    config_ = {{"peft_type", "LORA"},
               {"task_type", text(notes.task_type.value_or(task_type(model_)))},
               {"base_model_name_or_path", text(notes.base)},
               {"revision", text(notes.revision)},
               {"inference_mode", notes.inference_mode.value_or(true)},
               {"r", options.rank},
               {"lora_alpha", options.alpha},
               {"lora_dropout", options.dropout},
               {"use_rslora", options.rslora},
               {"bias", options.bias},
               {"fan_in_fan_out", !table_.fused.empty()},
               {"init_lora_weights", true},
               {"target_modules", nlohmann::json::array()},
               {"rank_pattern", nlohmann::json::object()},
               {"alpha_pattern", nlohmann::json::object()},
               {"modules_to_save", nullptr}};
    if (!notes.peft_version.empty()) config_["peft_version"] = notes.peft_version;
    at::NoGradGuard no_gradient;
    add_pairs();
    add_biases();
    add_whole();
    std::vector<NamedTensor> named;
    for (const auto& [name, tensor] : tensors_) named.push_back(named_tensor("base_model.model." + name, tensor));
    make_folder(folder);
    write_safetensors(folder / "adapter_model.safetensors", named, {{"format", "pt"}});
    write_json(folder / "adapter_config.json", config_);
  }

 private:
  static std::vector<Parameter*> own_parameters(Module& m) {
    std::vector<Parameter*> own;
    m.each_parameter([&](Parameter& p) {
      if (module_of(p.path()) == m.path()) own.push_back(&p);
    });
    return own;
  }

  std::string upstream(const std::string& path) const { return saved_name(model_, path); }

  /// Pairs by upstream's layer: one each, or all parts of a fused one in the order of its rows.
  void group_pairs() {
    for (const auto& pair : lora_.pairs()) {
      const std::string path = pair->base.path();
      if (const auto fused = upstream_fused(table_, path)) {
        groups_[bare_or_full(*fused)].push_back(pair.get());
      } else if (upstream_module(table_, path)) {
        groups_[module_of(upstream(path + ".weight"))].push_back(pair.get());
      } else {
        problems_.add(path, "peft has no name for this place");
      }
    }
    for (auto& [module, pairs] : groups_) {
      const std::vector<std::string> parts = our_parts(table_, module);
      const auto at = [&](const LoraPair* p) { return std::find(parts.begin(), parts.end(), p->base.path()); };
      std::sort(pairs.begin(), pairs.end(), [&](const LoraPair* a, const LoraPair* b) { return at(a) < at(b); });
      const bool one_a = std::all_of(pairs.begin(), pairs.end(), [first = pairs[0]](const LoraPair* p) {
        return &p->down == &first->down && p->scale == first->scale;
      });
      if (!parts.empty() && (pairs.size() != parts.size() || !one_a)) {
        problems_.add(module, "is one layer there, so that its parts need updates with one A: set `share` to them");
      }
    }
  }

  /// As saved_name: without the base prefix where the model is a bare backbone.
  std::string bare_or_full(const std::string& fused) const {
    const std::string known = upstream(model_.backbone().token_table().path());
    return known.starts_with(table_.prefix) ? fused : without(fused, table_.prefix);
  }

  void look_for_obstacles() {
    if (lora_.settings().dora) problems_.add(lora_.name(), "DoRA's lengths are not written into peft's folders yet");
    for (const auto& pair : lora_.pairs()) {
      if (saved_.contains(pair->base.path())) {
        problems_.add(pair->base.path(), "has an update and trains whole too; in peft's folders a module does one or the other");
      }
    }
    for (const auto& [path, module] : saved_) {
      if (!upstream_module(table_, path)) problems_.add(path, "peft has no name for this place");
    }
  }

  void add(const std::string& name, const Tensor& leaf) { tensors_[name] = leaf.detach().cpu().contiguous(); }

  void add_pairs() {
    const LoraOptions& options = lora_.settings();
    for (const auto& [module, pairs] : groups_) {
      const LoraPair& first = *pairs.front();
      const std::string name = without(module, table_.prefix);
      std::vector<Tensor> rows;
      for (const LoraPair* pair : pairs) rows.push_back(pair->up.weight().leaf());
      add(module + ".lora_A.weight", first.down.weight().leaf());
      add(module + ".lora_B.weight", rows.size() == 1 ? rows[0] : at::cat(rows, 0));
      config_["target_modules"].push_back(name);
      if (first.rank != options.rank) config_["rank_pattern"][name] = first.rank;
      if (first.alpha != options.alpha) config_["alpha_pattern"][name] = first.alpha;
    }
  }

  void add_biases() {
    std::map<std::string, std::vector<Tensor>> fused;  // in the order of the parts
    for (Parameter* p : biases_) {
      const std::string path = module_of(p->path());
      if (saved_.contains(path)) continue;
      if (const auto layer = upstream_fused(table_, path)) {
        std::vector<Tensor>& rows = fused[bare_or_full(*layer)];
        const std::vector<std::string> parts = our_parts(table_, *layer);
        rows.resize(parts.size());
        rows[size_t(std::find(parts.begin(), parts.end(), path) - parts.begin())] = p->leaf();
        continue;
      }
      const std::string tensor = upstream(p->path()), module = module_of(tensor);
      add(groups_.contains(module) ? module + ".base_layer.bias" : tensor, p->leaf());
    }
    for (const auto& [module, rows] : fused) {
      add(groups_.contains(module) ? module + ".base_layer.bias" : module + ".bias", at::cat(rows, 0));
    }
  }

  void add_whole() {
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

  Model& model_;
  const NameTable& table_;
  const Lora& lora_;
  std::vector<Parameter*> biases_;
  std::map<std::string, Module*> saved_;                        // by our path
  std::map<std::string, std::vector<const LoraPair*>> groups_;  // by upstream's module
  std::map<std::string, Tensor> tensors_;
  nlohmann::ordered_json config_;
  Problems problems_;
};

}  // namespace

Problems peft_obstacles(Model& model, const Lora& lora, const std::vector<Parameter*>& whole) {
  return Writer(model, lora, whole).obstacles();
}

void save_peft(Model& model, const Lora& lora, const fs::path& folder, const PeftNotes& notes,
               const std::vector<Parameter*>& whole) {
  Writer writer(model, lora, whole);
  writer.obstacles().raise(ErrorKind::unsupported, fmt::format("'{}' cannot be written as a PEFT folder", lora.name()));
  writer.write(folder, notes);
}

}  // namespace espalier
