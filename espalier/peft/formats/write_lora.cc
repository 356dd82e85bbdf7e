// LORA of peft's folders, DoRA among them.
#include <algorithm>
#include <set>

#include "espalier/base/pattern.h"
#include "espalier/nn/tensor.h"
#include "espalier/peft/formats/peft_writer.h"
#include "espalier/peft/lora.h"

namespace espalier {
namespace {

/// Of the base's parameters that train along, those that go under modules_to_save: `whole` and what `also` names.
std::vector<Parameter*> saved_whole(const Lora& lora, const std::vector<Parameter*>& whole) {
  std::vector<Parameter*> saved = whole;
  if (lora.settings().also.empty()) return saved;
  const Pattern also(lora.settings().also);
  for (Parameter* p : lora.of_the_base()) {
    if (also.matches(p->path())) saved.push_back(p);
  }
  return saved;
}

class LoraWriter : public PeftWriter {
 public:
  LoraWriter(Model& model, const Lora& lora, const std::vector<Parameter*>& whole)
      : PeftWriter(model, lora, PeftType::lora, saved_whole(lora, whole)), lora_(lora) {
    const std::vector<Parameter*> saved = saved_whole(lora, whole);
    const std::set<Parameter*> apart(saved.begin(), saved.end());
    for (Parameter* p : lora.of_the_base()) {
      if (!apart.contains(p)) biases_.push_back(p);
    }
    group_pairs();
  }

 private:
  void group_pairs() {
    std::map<std::string, const LoraPair*> by_path;
    std::vector<std::string> paths;
    for (const auto& pair : lora_.pairs()) {
      paths.push_back(pair->base.path());
      by_path[paths.back()] = pair.get();
      refuse_saved(paths.back(), "has an update and trains whole too; in peft's folders a module does one or the other");
    }
    for (const auto& [module, parts] : layers_of(paths)) {
      std::vector<const LoraPair*>& pairs = groups_[module];
      for (const std::string& path : parts) pairs.push_back(by_path.at(path));
      const bool one_a = std::all_of(pairs.begin(), pairs.end(), [first = pairs[0]](const LoraPair* p) {
        return &p->down == &first->down && p->scale == first->scale;
      });
      const size_t wanted = our_parts(table_, module).size();
      if (wanted > 0 && (pairs.size() != wanted || !one_a)) {
        problems_.add(module, "is one layer there, so that its parts need updates with one A: set `share` to them");
      }
    }
  }

  void add_own() override {
    const LoraOptions& options = lora_.settings();
    config_["r"] = options.rank;
    config_["lora_alpha"] = options.alpha;
    config_["lora_dropout"] = options.dropout;
    config_["use_rslora"] = options.rslora;
    config_["use_dora"] = options.dora;
    config_["bias"] = options.bias;
    config_["fan_in_fan_out"] = !table_.fused.empty();
    config_["init_lora_weights"] = true;
    config_["target_modules"] = nlohmann::json::array();
    config_["rank_pattern"] = nlohmann::json::object();
    config_["alpha_pattern"] = nlohmann::json::object();
    add_pairs();
    add_biases();
  }

  void add_pairs() {
    const LoraOptions& options = lora_.settings();
    for (const auto& [module, pairs] : groups_) {
      const LoraPair& first = *pairs.front();
      const std::string name = target(module);
      std::vector<Tensor> rows, lengths;
      for (const LoraPair* pair : pairs) {
        rows.push_back(pair->up.weight().leaf());
        if (pair->magnitude) lengths.push_back(pair->magnitude->leaf());
      }
      add(module + ".lora_A.weight", first.down.weight().leaf());
      add(module + ".lora_B.weight", rows.size() == 1 ? rows[0] : at::cat(rows, 0));
      if (!lengths.empty()) add(module + ".lora_magnitude_vector", lengths.size() == 1 ? lengths[0] : at::cat(lengths, 0));
      config_["target_modules"].push_back(name);
      if (first.rank != options.rank) config_["rank_pattern"][name] = first.rank;
      if (first.alpha != options.alpha) config_["alpha_pattern"][name] = first.alpha;
    }
  }

  void add_biases() {
    std::map<std::string, std::vector<Tensor>> fused;  // in the order of the parts
    for (Parameter* p : biases_) {
      const std::string path = module_of(p->path());
      if (saved(path)) continue;
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

  const Lora& lora_;
  std::vector<Parameter*> biases_;
  std::map<std::string, std::vector<const LoraPair*>> groups_;  // by upstream's module
};

}  // namespace

std::unique_ptr<PeftWriter> lora_writer(Model& model, const Lora& lora, const std::vector<Parameter*>& whole) {
  return std::make_unique<LoraWriter>(model, lora, whole);
}

}  // namespace espalier
