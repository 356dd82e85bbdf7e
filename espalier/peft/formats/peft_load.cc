#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/json.h"
#include "espalier/io/safetensors_folder.h"
#include "espalier/models/leaf.h"
#include "espalier/models/model.h"
#include "espalier/nn/init.h"
#include "espalier/nn/tensor.h"
#include "espalier/peft/formats/peft.h"

namespace espalier {
namespace {

/// Settings that change nothing for a trained adapter, or that the keys of the tensors already say.
const std::set<std::string> kWithoutEffect = {"auto_mapping",
                                              "base_model_name_or_path",
                                              "corda_config",
                                              "eva_config",
                                              "exclude_modules",
                                              "inference_mode",
                                              "init_lora_weights",
                                              "layer_replication",
                                              "layers_pattern",
                                              "layers_to_transform",
                                              "loftq_config",
                                              "lora_ga_config",
                                              "lora_alpha",
                                              "lora_dropout",
                                              "megatron_config",
                                              "megatron_core",
                                              "modules_to_save",
                                              "peft_type",
                                              "peft_version",
                                              "qalora_group_size",
                                              "r",
                                              "rank_pattern",
                                              "alpha_pattern",
                                              "revision",
                                              "target_modules",
                                              "target_parameters",
                                              "task_type",
                                              "use_rslora",
                                              "ensure_weight_tying"};

/// "off" for a setting that we do not have: null, false, empty, or "none".
bool is_off(const nlohmann::json& value) {
  return value.is_null() || value == false || value == "none" || ((value.is_array() || value.is_object()) && value.empty());
}

void check_settings(const nlohmann::json& config, const std::string& place) {
  Problems problems;
  const std::string type = json_string(config, "peft_type", place);
  if (type != "LORA") problems.add(place, fmt::format("\"peft_type\" is '{}'; expected LORA", printable(type)));
  for (const auto& [key, value] : config.items()) {
    if (!kWithoutEffect.contains(key) && !is_off(value)) {
      problems.add(place, fmt::format("\"{}\" is {}, which is not supported", printable(key), describe_json(value)));
    }
  }
  for (const char* key : {"layer_replication", "target_parameters"}) {
    if (config.contains(key) && !is_off(config[key])) problems.add(place, fmt::format("\"{}\" is not supported", key));
  }
  // These initialisations also take something out of the base's weights, which the adapter's file does not hold.
  const std::string initial = config.contains("init_lora_weights") && config["init_lora_weights"].is_string()
                                  ? config["init_lora_weights"].get<std::string>()
                                  : "";
  for (const char* kind : {"pissa", "corda", "olora", "mica", "loftq", "lora_ga"}) {
    if (initial.starts_with(kind)) {
      problems.add(place, fmt::format("\"init_lora_weights\" is '{}', which changes the base too", printable(initial)),
                   "save it from peft with path_initial_model_for_weight_conversion");
    }
  }
  if (json_int(config, "r", place, 8) < 1)
    problems.add(place, fmt::format("\"r\" is {}; expected at least 1", config["r"].dump()));
  problems.raise(ErrorKind::unsupported, "the adapter has settings that cannot be honoured");
}

/// peft's reading of rank_pattern and alpha_pattern: the key as a regular expression for the end of the module's name.
double pattern_value(const nlohmann::json& config, const char* key, const std::string& module, double otherwise,
                     const std::string& place) {
  const nlohmann::json* patterns = json_find(config, key, place);
  if (patterns == nullptr || !patterns->is_object()) return otherwise;
  for (const auto& [pattern, value] : patterns->items()) {
    try {
      if (std::regex_match(module, std::regex("(.*\\.)?(" + pattern + ")")) && value.is_number()) return value.get<double>();
    } catch (const std::regex_error&) {
      throw data_error("\"{}\" has the key '{}', which is no regular expression", key, printable(pattern)).at(place);
    }
  }
  return otherwise;
}

/// The rule of the head that names this one tensor; nullptr when there is none.
const NameRule* exact_rule(const NameTable& table, const std::string& name) {
  for (const NameRule& rule : table.rules) {
    if (rule.exact && !rule.base && rule.theirs == name) return &rule;
  }
  return nullptr;
}

struct Found {
  std::string module;
  const TensorView *a = nullptr, *b = nullptr;
};

class Reader {
 public:
  Reader(Model& model, const fs::path& folder)
      : model_(model),
        place_((folder / "adapter_config.json").string()),
        config_(read_json(folder / "adapter_config.json")),
        file_(folder, "adapter_model") {
    check_settings(config_, place_);
    sort_keys();
  }

  /// A head of the file's kind where the model has none; true when it was made.
  bool prepare_head() {
    if (head_.empty() || model_.head() != nullptr) return false;
    HeadOptions head{.kind =
                         json_string(config_, "task_type", place_, "") == "TOKEN_CLS" ? HeadKind::tokens : HeadKind::classify};
    const auto weight = head_.find("head.main.out.weight");
    if (weight == head_.end() || weight->second->shape.empty()) {
      problems_.add("head", "holds no classifier weight");
      return false;
    }
    for (int64_t i = 0; i < weight->second->shape[0]; ++i) head.labels.push_back("LABEL_" + std::to_string(i));
    model_.set_head(make_head(model_, head));
    return true;
  }

  /// Everything that can be wrong is found here, before the model is touched.
  LoraOptions options(const std::string& name) {
    std::map<std::string, Linear*> places;
    model_.each_module([&](Module& m) {
      if (auto* linear = dynamic_cast<Linear*>(&m)) places[m.path()] = linear;
    });
    LoraOptions o;
    o.name = name;
    o.rank = json_int(config_, "r", place_, 8);
    o.alpha = json_double(config_, "lora_alpha", place_, 8);
    o.dropout = json_double(config_, "lora_dropout", place_, 0);
    o.rslora = json_bool(config_, "use_rslora", place_, false);
    std::vector<std::string> sites;
    for (const auto& [site, found] : pairs_) {
      const auto place = places.find(site);
      if (place == places.end()) {
        problems_.add(found.module, "fits no place of this backbone");
        continue;
      }
      if (found.a == nullptr || found.b == nullptr || found.a->shape.size() != 2 || found.a->shape[0] < 1) {
        problems_.add(found.module, "needs lora_A.weight [r, in] and lora_B.weight [out, r]");
        continue;
      }
      const int64_t rank = found.a->shape[0];
      expect_shape(found.module + ".lora_A.weight", *found.a, {rank, place->second->in()});
      expect_shape(found.module + ".lora_B.weight", *found.b, {place->second->out(), rank});
      sites.push_back(site);
      if (rank != o.rank) o.rank_pattern[site] = rank;
      const double alpha = pattern_value(config_, "alpha_pattern", found.module, o.alpha, place_);
      if (alpha != o.alpha) o.alpha_pattern[site] = alpha;
    }
    if (pairs_.empty()) problems_.add(file_.path().string(), "no lora_A and lora_B tensors for this backbone");
    for (const auto& [path, view] : head_) {
      if (Parameter* p = head_parameter(path)) {
        expect_shape(path, *view, p->shape());
      } else if (model_.head() != nullptr) {
        problems_.add(path, "this model's head has no such part");
      }
    }
    finish();
    o.sites = join(sites, ", ");
    return o;
  }

  void fill(Lora& lora) {
    for (const auto& pair : lora.pairs()) {
      const Found& found = pairs_.at(pair->base.path());
      take(pair->down.weight(), found.module + ".lora_A.weight", *found.a);
      take(pair->up.weight(), found.module + ".lora_B.weight", *found.b);
    }
    for (const auto& [path, view] : head_) {
      Parameter& parameter = *head_parameter(path);
      take(parameter, path, *view);
      parameter.is_new = true;
    }
  }

  bool has_head() const { return !head_.empty(); }
  void finish() { problems_.raise(ErrorKind::data, "the adapter does not fit this backbone"); }

 private:
  void sort_keys() {
    const NameTable& table = model_.backbone().names();
    for (const auto& [key, view] : file_.tensors()) {
      std::string name = key;
      if (name.starts_with("base_model.model.")) name = name.substr(17);
      const auto part = [&](const char* suffix) { return name.ends_with(suffix); };
      const bool a = part(".lora_A.weight"), b = part(".lora_B.weight");
      const std::string module =
          name.substr(0, name.size() - (a || b ? 14 : name.size() - std::min(name.rfind('.'), name.size())));
      const auto ours = our_module(table, module);
      const NameRule* exact = exact_rule(table, name);
      if (exact != nullptr) {
        head_[exact->ours] = &view;
      } else if (!ours || (!a && !b && !ours->starts_with("head.")) || name.find('.') == std::string::npos) {
        problems_.add(key, "fits no place of this backbone");
      } else if (a || b) {
        Found& found = pairs_[*ours];
        found.module = module;
        (a ? found.a : found.b) = &view;
      } else {
        head_[*ours + name.substr(name.rfind('.'))] = &view;
      }
    }
  }

  Parameter* head_parameter(const std::string& path) {
    Parameter* found = nullptr;
    model_.each_parameter([&](Parameter& p) {
      if (p.path() == path) found = &p;
    });
    return found;
  }

  void expect_shape(const std::string& name, const TensorView& view, const std::vector<int64_t>& shape) {
    if (view.shape != shape) {
      problems_.add(name, fmt::format("shape {}; expected {}", shape_text(view.shape), shape_text(shape)));
    }
  }

  void take(Parameter& parameter, const std::string& name, const TensorView& view) {
    set_from_view(parameter, view, model_.dtype());
    if (!all_finite(parameter.leaf())) problems_.add(name, "holds NaN or infinite numbers");
  }

  Model& model_;
  std::string place_;
  nlohmann::json config_;
  SafetensorsFolder file_;
  std::map<std::string, Found> pairs_;             // by our site
  std::map<std::string, const TensorView*> head_;  // by our parameter path
  Problems problems_;
};

}  // namespace

Lora& load_peft(Model& model, const fs::path& folder, const std::string& name, Log& log) {
  Reader reader(model, folder);
  const bool made = reader.prepare_head();
  bool attached = false;
  try {
    auto lora = std::make_unique<Lora>(reader.options(name));
    Lora& result = *lora;
    model.attach(std::move(lora), 0);
    attached = true;
    reader.fill(result);
    reader.finish();
    log.note(fmt::format("{}: {} sites matched, head {}", folder.string(), result.pairs().size(),
                         reader.has_head() ? "present" : "not present"));
    return result;
  } catch (...) {  // the model is again as it was
    if (attached) model.detach(name);
    if (made) model.set_head(nullptr);
    throw;
  }
}

}  // namespace espalier
