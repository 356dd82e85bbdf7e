#include "espalier/peft/formats/peft_settings.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/json.h"

namespace espalier {
namespace {

constexpr int64_t kLargestRank = 1 << 20, kLongest = 1 << 20;
constexpr const char* kUnusable = "the adapter has settings that cannot be honoured";

/// Read below, or without a part in a trained adapter: how it began, and settings of features that are off.
const std::set<std::string> kCommon = {
    "auto_mapping", "base_model_name_or_path", "inference_mode", "modules_to_save", "notes", "peft_type", "peft_version",
    "revision",     "runtime_config",          "task_type"};
const std::set<std::string> kRows = {"num_virtual_tokens", "token_dim", "num_transformer_submodules", "num_attention_heads",
                                     "num_layers"};
const std::map<PeftType, std::set<std::string>> kKnown = {
    {PeftType::lora, {"alpha_pattern",      "bias",
                      "corda_config",       "eva_config",
                      "exclude_modules",    "fan_in_fan_out",
                      "layers_pattern",     "loftq_config",
                      "init_lora_weights",  "layers_to_transform",
                      "lora_alpha",         "lora_dropout",
                      "lora_ga_config",     "megatron_core",
                      "qalora_group_size",  "r",
                      "rank_pattern",       "target_modules",
                      "use_dora",           "use_rslora",
                      "ensure_weight_tying"}},
    {PeftType::ia3, {"exclude_modules", "fan_in_fan_out", "feedforward_modules", "init_ia3_weights", "target_modules"}},
    {PeftType::norms, {"exclude_modules", "target_modules"}},
    {PeftType::prompt, {"prompt_tuning_init", "prompt_tuning_init_text", "tokenizer_kwargs", "tokenizer_name_or_path"}},
    {PeftType::prefix, {"encoder_hidden_size", "init_weights", "prefix_projection"}}};

bool is_known(PeftType type, const std::string& key) {
  const bool rows = type == PeftType::prompt || type == PeftType::prefix;
  return kCommon.contains(key) || kKnown.at(type).contains(key) || (rows && kRows.contains(key));
}

/// "off" for a setting that we do not have: null, false, empty, or "none".
bool is_off(const nlohmann::ordered_json& value) {
  return value.is_null() || value == false || value == "none" || ((value.is_array() || value.is_object()) && value.empty());
}

constexpr PeftType kTypes[] = {PeftType::lora, PeftType::ia3, PeftType::norms, PeftType::prompt, PeftType::prefix};

PeftType type_of(const nlohmann::ordered_json& config, const std::string& place) {
  const nlohmann::ordered_json found = config.value("peft_type", nlohmann::ordered_json());
  std::vector<std::string> known;
  for (const PeftType type : kTypes) {
    if (found == peft_type_name(type)) return type;
    known.emplace_back(peft_type_name(type));
  }
  throw unsupported_error("\"peft_type\" is {}; expected one of {}", printable(found.dump()), join(known, ", ")).at(place);
}

void check_settings(const nlohmann::ordered_json& config, PeftType type, const std::string& place) {
  Problems problems;
  for (const auto& [key, value] : config.items()) {
    if (!is_known(type, key) && !is_off(value)) {
      problems.add(place, fmt::format("\"{}\" is {}, which is not supported", printable(key), describe_json(value)));
    }
  }
  if (type != PeftType::lora) return problems.raise(ErrorKind::unsupported, kUnusable);
  const std::string bias = config.contains("bias") && !config["bias"].is_null() ? config["bias"].dump() : "\"none\"";
  if (bias != "\"none\"" && bias != "\"all\"" && bias != "\"lora_only\"") {
    problems.add(place, fmt::format("\"bias\" is {}; expected none, all or lora_only", printable(bias)));
  }
  // These initialisations also take something out of the base's weights, which the adapter's file does not hold.
  const std::string initial = config.contains("init_lora_weights") && config["init_lora_weights"].is_string()
                                  ? lower_ascii(config["init_lora_weights"].get<std::string>())
                                  : "";
  for (const char* kind : {"pissa", "corda", "olora", "mica", "loftq", "lora_ga"}) {
    if (initial.starts_with(kind)) {
      problems.add(place, fmt::format("\"init_lora_weights\" is '{}', which changes the base too", printable(initial)),
                   "save it from peft with path_initial_model_for_weight_conversion");
    }
  }
  problems.raise(ErrorKind::unsupported, kUnusable);
}

std::string of_key(const std::string& place, const std::string& key) { return fmt::format("{}: \"{}\"", place, key); }

/// A text, or a list of texts.
PeftModules read_modules(const nlohmann::json& config, const char* key, const std::string& place, bool shorthand) {
  PeftModules modules;
  const nlohmann::json* value = json_find(config, key, place);
  if (value == nullptr) return modules;
  modules.given = true;
  if (!value->is_string()) {
    modules.names = json_strings(config, key, place);
  } else if (shorthand && lower_ascii(value->get<std::string>()) == "all-linear") {
    modules.all_linear = true;
  } else {
    modules.expression.emplace(value->get<std::string>(), of_key(place, key));
  }
  return modules;
}

/// `name` itself, or the end of a longer one.
bool names(const std::vector<std::string>& list, const std::string& module) {
  return std::any_of(list.begin(), list.end(),
                     [&](const std::string& name) { return module == name || module.ends_with("." + name); });
}

}  // namespace

const char* peft_type_name(PeftType type) {
  switch (type) {
    case PeftType::lora:
      return "LORA";
    case PeftType::ia3:
      return "IA3";
    case PeftType::norms:
      return "LN_TUNING";
    case PeftType::prompt:
      return "PROMPT_TUNING";
    case PeftType::prefix:
      return "PREFIX_TUNING";
  }
  return "";
}

PeftSettings::PeftSettings(const nlohmann::ordered_json& config, const std::string& place) : place_(place) {
  if (!config.is_object()) throw data_error("{}; expected a table", describe_json(config)).at(place);
  type = type_of(config, place);
  check_settings(config, type, place);
  const nlohmann::json plain = config;
  targets = read_modules(plain, "target_modules", place, true);
  excluded = read_modules(plain, "exclude_modules", place, false);
  if (json_find(plain, "modules_to_save", place) != nullptr) modules_to_save = json_strings(plain, "modules_to_save", place);
  for (const std::string& module : modules_to_save)
    inside_saved_.emplace_back("(^|.*\\.)" + module + "($|\\..*)", of_key(place, "modules_to_save"));
  inputs_ = read_modules(plain, "feedforward_modules", place, false);
  notes.base = json_string(plain, "base_model_name_or_path", place, "");
  notes.revision = json_string(plain, "revision", place, "");
  notes.task_type = json_string(plain, "task_type", place, "");
  notes.peft_version = json_string(plain, "peft_version", place, "");
  if (json_find(plain, "inference_mode", place) != nullptr) notes.inference_mode = json_bool(plain, "inference_mode", place);
  if (type == PeftType::lora) read_lora(config, plain);
  if (type == PeftType::prompt || type == PeftType::prefix) read_rows(plain);
}

void PeftSettings::read_lora(const nlohmann::ordered_json& config, const nlohmann::json& plain) {
  const std::string& place = place_;
  rank = json_int(plain, "r", place, 8);
  alpha = json_double(plain, "lora_alpha", place, 8);
  dropout = json_double(plain, "lora_dropout", place, 0);
  rslora = json_bool(plain, "use_rslora", place, false);
  dora = json_bool(plain, "use_dora", place, false);
  ensure_weight_tying = json_bool(plain, "ensure_weight_tying", place, false);
  bias = json_string(plain, "bias", place, "none");
  if (const auto* layers = json_find(plain, "layers_to_transform", place)) {
    layers_ = layers->is_array() ? json_ints(plain, "layers_to_transform", place)
                                 : std::vector<int64_t>{json_int(plain, "layers_to_transform", place)};
    if (layers_->empty()) layers_.reset();
  }
  if (const auto* pattern = json_find(plain, "layers_pattern", place); pattern != nullptr && !pattern->empty()) {
    for (const std::string& text : json_strings(plain, "layers_pattern", place)) {
      if (!text.empty())
        layer_patterns_.emplace_back("(?:^|.*?\\.)" + text + "\\.(?P<idx>\\d+)\\.", of_key(place, "layers_pattern"));
    }
  }
  if (layer_patterns_.empty()) layer_patterns_.emplace_back(".*?\\.[^.]*\\.(?P<idx>\\d+)\\.", place);
  const auto rule = [&](const std::string& key, const char* of) {
    return Expression("(.*\\.)?(" + key + ")", of_key(place, of));
  };
  Problems problems;
  for (const char* name : {"rank_pattern", "alpha_pattern"}) {
    if (json_find(plain, name, place) == nullptr) continue;
    for (const auto& [key, value] : json_object(plain, name, place).items()) {
      if (!value.is_number())
        problems.add(place, fmt::format("\"{}\" gives '{}' {}; expected a number", name, printable(key), describe_json(value)));
      else if (name == std::string("rank_pattern") && !(value.get<double>() >= 1 && value.get<double>() <= kLargestRank))
        problems.add(place, fmt::format("\"{}\" gives '{}' the rank {}; expected 1 to {}", name, printable(key),
                                        value.get<double>(), kLargestRank));
    }
  }
  problems.raise(ErrorKind::data, "patterns without usable numbers");
  // The first that fits counts, in the order of the file.
  if (config.contains("rank_pattern") && config["rank_pattern"].is_object()) {
    for (const auto& [key, value] : config["rank_pattern"].items())
      ranks_.push_back({key, rule(key, "rank_pattern"), value.get<int64_t>()});
  }
  if (config.contains("alpha_pattern") && config["alpha_pattern"].is_object()) {
    for (const auto& [key, value] : config["alpha_pattern"].items())
      alphas_.push_back({key, rule(key, "alpha_pattern"), value.get<double>()});
  }
  if (rank < 1) throw data_error("\"r\" is {}; expected at least 1", rank).at(place);
  if (!(dropout >= 0 && dropout <= 1)) throw data_error("\"lora_dropout\" is {}; expected 0 to 1", dropout).at(place);
  if (!(alpha > 0)) throw data_error("\"lora_alpha\" is {}; expected more than 0", alpha).at(place);
}

void PeftSettings::read_rows(const nlohmann::json& plain) {
  length = json_int(plain, "num_virtual_tokens", place_);
  if (length < 1 || length > kLongest) {
    throw data_error("\"num_virtual_tokens\" is {}; expected 1 to {}", length, kLongest).at(place_);
  }
  if (json_find(plain, "num_transformer_submodules", place_) != nullptr) {
    const int64_t stacks = json_int(plain, "num_transformer_submodules", place_);
    if (stacks != 1) {
      throw unsupported_error("\"num_transformer_submodules\" is {}; only models of one stack are supported", stacks).at(place_);
    }
  }
}

int64_t PeftSettings::rank_of(const std::string& module) const {
  for (const auto& rule : ranks_) {
    if (rule.expression.fullmatch(module)) return rule.value;
  }
  return rank;
}

double PeftSettings::alpha_of(const std::string& module) const {
  for (const auto& rule : alphas_) {
    if (rule.expression.fullmatch(module)) return rule.value;
  }
  return alpha;
}

bool PeftSettings::in_chosen_layer(const std::string& module) const {
  std::optional<std::string> found;
  for (const Expression& pattern : layer_patterns_) {
    if ((found = pattern.group(module, "idx"))) break;
  }
  const auto layer = found ? parse_int(*found) : std::nullopt;
  return layer && std::find(layers_->begin(), layers_->end(), *layer) != layers_->end();
}

bool PeftSettings::targeted(const std::string& module, bool linear, bool output) const {
  if (excluded.expression ? excluded.expression->fullmatch(module) : names(excluded.names, module)) return false;
  for (const Expression& saved : inside_saved_) {
    if (saved.match(module)) return false;
  }
  if (targets.all_linear) return linear && !output;
  if (targets.expression) return targets.expression->fullmatch(module);
  // A full name counts in every layer.
  if (std::find(targets.names.begin(), targets.names.end(), module) != targets.names.end()) return true;
  return names(targets.names, module) && (!layers_ || in_chosen_layer(module));
}

bool PeftSettings::scales_input(const std::string& module) const {
  if (inputs_.expression) return inputs_.expression->fullmatch(module);
  // As peft: the end of the name, even in the middle of a word.
  return std::any_of(inputs_.names.begin(), inputs_.names.end(), [&](const std::string& name) { return module.ends_with(name); });
}

bool PeftSettings::saved_whole(const std::string& tensor) const {
  for (size_t dot = tensor.find('.'); dot != std::string::npos; dot = tensor.find('.', dot + 1)) {
    const std::string_view module = std::string_view(tensor).substr(0, dot);
    // As peft: the end of the name, even in the middle of a word.
    if (std::any_of(modules_to_save.begin(), modules_to_save.end(),
                    [&](const std::string& name) { return module.ends_with(name); })) {
      return true;
    }
  }
  return false;
}

std::vector<std::string> PeftSettings::idle_patterns(const std::vector<std::string>& modules) const {
  std::vector<std::string> idle;
  const auto look = [&](const auto& rules, const char* name) {
    for (const auto& rule : rules) {
      const bool fits =
          std::any_of(modules.begin(), modules.end(), [&](const std::string& m) { return rule.expression.fullmatch(m); });
      if (!fits) idle.push_back(fmt::format("{} '{}'", name, printable(rule.key)));
    }
  };
  look(ranks_, "rank_pattern");
  look(alphas_, "alpha_pattern");
  return idle;
}

}  // namespace espalier
