// PeftSettings: adapter_config.json of a LoRA. What espalier cannot honour is refused by name; what names modules is matched as
// peft 0.21 matches it (tuners_utils.py: check_target_module_exists; utils/other.py: get_pattern_key, _set_trainable).
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

  int64_t rank = 8;
  double alpha = 8, dropout = 0;
  bool rslora = false, ensure_weight_tying = false;
  std::string bias = "none";  ///< none, all, lora_only
  PeftModules targets, excluded;
  std::vector<std::string> modules_to_save;
  PeftNotes notes;

  /// Of one module, by upstream's full name: its own where a pattern fits (the first in the file's order), else the common one.
  int64_t rank_of(const std::string& module) const;
  double alpha_of(const std::string& module) const;
  /// Whether peft puts an update there. `linear`: it is a linear layer; `output`: the model's output layer.
  bool targeted(const std::string& module, bool linear, bool output) const;
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

  std::string place_;
  std::vector<Rule<int64_t>> ranks_;
  std::vector<Rule<double>> alphas_;
  std::vector<Expression> inside_saved_;  // of each module to save: itself and what stands in it
  std::optional<std::vector<int64_t>> layers_;
  std::vector<Expression> layer_patterns_;
};

}  // namespace espalier
