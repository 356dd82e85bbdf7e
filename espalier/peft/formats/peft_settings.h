// PeftSettings: adapter_config.json. What espalier cannot honour is refused by name; what names modules is matched as peft 0.21
// matches it (tuners_utils.py: check_target_module_exists; utils/other.py: get_pattern_key, _set_trainable; ia3/model.py).
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "espalier/peft/formats/expression.h"

namespace espalier {

/// The types of adapters that are read and written, as peft calls them: LORA (DoRA is one), IA3, LN_TUNING, PROMPT_TUNING,
/// PREFIX_TUNING.
enum class PeftType : uint8_t { lora, ia3, norms, prompt, prefix };
const char* peft_type_name(PeftType type);

/// What a folder says about itself and the model does not know; survives reading and writing.
struct PeftNotes {
  std::string base, revision, peft_version;  ///< "" = not said
  std::optional<std::string> task_type;      ///< "" = the folder leaves it open; absent: it follows from the head
  std::optional<bool> inference_mode;
};

/// Modules by list (a name or the end of one), by regular expression, or all linear ones but the output layer.
struct PeftModules {
  std::vector<std::string> names;
  std::optional<Expression> expression;
  bool all_linear = false, given = false;
};

class PeftSettings {
 public:
  /// `place` names the file in errors; all unsupported settings are one Error.
  PeftSettings(const nlohmann::ordered_json& config, const std::string& place);

  PeftType type = PeftType::lora;
  int64_t rank = 8;
  double alpha = 8, dropout = 0;
  bool rslora = false, ensure_weight_tying = false, dora = false;
  int64_t length = 0;         ///< rows of a prompt or prefix
  std::string bias = "none";  ///< none, all, lora_only
  PeftModules targets, excluded;
  std::vector<std::string> modules_to_save;
  PeftNotes notes;

  /// Of one module, by upstream's full name: its own where a pattern fits (the first in the file's order), else the common one.
  int64_t rank_of(const std::string& module) const;
  double alpha_of(const std::string& module) const;
  /// Whether peft puts an update there. `linear`: it is a linear layer; `output`: the model's output layer.
  bool targeted(const std::string& module, bool linear, bool output) const;
  /// Whether peft scales the input of this module instead of its output, (IA)³.
  bool scales_input(const std::string& module) const;
  /// Whether modules_to_save names the module of this tensor, or one around it.
  bool saved_whole(const std::string& tensor) const;
  /// Keys of rank_pattern and alpha_pattern that fit none of these modules: peft warns and goes on.
  std::vector<std::string> idle_patterns(const std::vector<std::string>& modules) const;

 private:
  template <class Number>
  struct Rule {
    std::string key;
    Expression expression;
    Number value;
  };
  bool in_chosen_layer(const std::string& module) const;
  void read_lora(const nlohmann::ordered_json& config, const nlohmann::json& plain);
  void read_rows(const nlohmann::json& plain);

  std::string place_;
  PeftModules inputs_;  // feedforward_modules
  std::vector<Rule<int64_t>> ranks_;
  std::vector<Rule<double>> alphas_;
  std::vector<Expression> inside_saved_;  // of each module to save: itself and what stands in it
  std::optional<std::vector<int64_t>> layers_;
  std::vector<Expression> layer_patterns_;
};

}  // namespace espalier
