// IA3 and LN_TUNING of peft's folders.
#include <algorithm>
#include <set>

#include "espalier/nn/tensor.h"
#include "espalier/peft/formats/peft_writer.h"
#include "espalier/peft/ia3.h"

namespace espalier {
namespace {

class Ia3Writer : public PeftWriter {
 public:
  Ia3Writer(Model& model, const Ia3& ia3, const std::vector<Parameter*>& whole) : PeftWriter(model, ia3, PeftType::ia3, whole) {
    std::map<std::string, const Ia3Scale*> by_path;
    std::vector<std::string> paths;
    for (const auto& scale : ia3.scales()) {
      paths.push_back(scale->base.path());
      by_path[paths.back()] = scale.get();
      refuse_saved(paths.back(), "has a vector and trains whole too; in peft's folders a module does one or the other");
    }
    for (const auto& [module, parts] : layers_of(paths)) {
      std::vector<const Ia3Scale*>& scales = layers_[module];
      for (const std::string& path : parts) scales.push_back(by_path.at(path));
      const size_t wanted = our_parts(table_, module).size();
      const bool input = std::any_of(scales.begin(), scales.end(), [](const Ia3Scale* s) { return s->of_input; });
      if (wanted > 0 && (scales.size() != wanted || input)) {
        problems_.add(module, "is one layer there, so that each of its parts needs a vector on its output");
      }
    }
  }

 private:
  void add_own() override {
    config_["fan_in_fan_out"] = !table_.fused.empty();
    config_["init_ia3_weights"] = true;
    config_["target_modules"] = nlohmann::json::array();
    config_["feedforward_modules"] = nlohmann::json::array();
    for (const auto& [module, scales] : layers_) {
      const bool input = scales[0]->of_input;
      std::vector<Tensor> rows;
      for (const Ia3Scale* scale : scales) rows.push_back(scale->scale.leaf());
      const Tensor all = rows.size() == 1 ? rows[0] : at::cat(rows, 0);
      add(module + ".ia3_l", input ? all.view({1, -1}) : all.view({-1, 1}));
      config_["target_modules"].push_back(target(module));
      if (input) config_["feedforward_modules"].push_back(target(module));
    }
  }

  std::map<std::string, std::vector<const Ia3Scale*>> layers_;  // by upstream's module
};

class NormsWriter : public PeftWriter {
 public:
  NormsWriter(Model& model, Modifier& norms, const std::vector<Parameter*>& whole)
      : PeftWriter(model, norms, PeftType::norms, whole) {
    std::set<std::string> chosen;
    for (const Parameter* p : norms.trained(model)) chosen.insert(module_of(p->path()));
    for (const std::string& path : chosen) {
      if (!upstream_module(table_, path)) problems_.add(path, "peft has no name for this place");
      refuse_saved(path, "is tuned and trains whole too; in peft's folders a module does one or the other");
    }
    // peft copies whole modules: what does not train of one goes along.
    model.backbone().each_parameter([&](Parameter& p) {
      if (p.defined() && chosen.contains(module_of(p.path()))) parameters_.push_back(&p);
    });
  }

 private:
  void add_own() override {
    std::set<std::string> modules;
    for (const Parameter* p : parameters_) {
      const std::string tensor = upstream(p->path()), module = module_of(tensor);
      add(module + ".ln_tuning_layers" + tensor.substr(module.size()), p->leaf());
      modules.insert(target(module));
    }
    config_["target_modules"] = modules;
  }

  std::vector<const Parameter*> parameters_;
};

}  // namespace

std::unique_ptr<PeftWriter> ia3_writer(Model& model, const Ia3& ia3, const std::vector<Parameter*>& whole) {
  return std::make_unique<Ia3Writer>(model, ia3, whole);
}

std::unique_ptr<PeftWriter> norms_writer(Model& model, Modifier& norms, const std::vector<Parameter*>& whole) {
  return std::make_unique<NormsWriter>(model, norms, whole);
}

}  // namespace espalier
