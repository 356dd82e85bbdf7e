// PeftFile: an adapter folder as it lies there, by upstream's names, before any model is asked. peft's keys
// ("base_model.model.<module>.lora_A.weight", of prompts "base_model.<module>.weight") and those of LoRA's authors
// ("<module>.lora_A", in adapter.safetensors).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "espalier/io/safetensors_folder.h"
#include "espalier/peft/formats/peft_settings.h"

namespace espalier {

class PeftFile {
 public:
  explicit PeftFile(const fs::path& folder);

  struct Pair {
    std::string a_name, b_name, m_name;                         ///< as they stand in the file
    const TensorView *a = nullptr, *b = nullptr, *m = nullptr;  ///< m: DoRA's lengths
  };
  struct Whole {
    std::string name;  ///< as it stands in the file
    const TensorView* view = nullptr;
    bool listed = false;  ///< modules_to_save names it
  };

  const std::string& place() const { return place_; }  ///< adapter_config.json
  const fs::path& tensors_path() const { return tensors_.path(); }
  const PeftSettings& settings() const { return settings_; }
  const std::map<std::string, Pair>& pairs() const { return pairs_; }     ///< by module
  const std::map<std::string, Whole>& biases() const { return biases_; }  ///< by tensor ("….query.bias")
  const std::map<std::string, Whole>& whole() const { return whole_; }    ///< by tensor
  const std::map<std::string, Whole>& own() const { return own_; }        ///< (IA)³'s by module, of norms by tensor
  const Whole& rows() const { return rows_; }                             ///< of a prompt or prefix; its view may be null
  /// Keys of another kind, with what they are.
  const std::map<std::string, std::string>& strange() const { return strange_; }
  std::vector<std::string> modules() const;  ///< of the pairs, or of what the type has in their place

 private:
  void sort(const std::string& key, const TensorView& view);
  bool take_own(const std::string& key, const std::string& name, const TensorView& view);
  void sort_lora(const std::string& key, const std::string& name, const TensorView& view);

  std::string place_;
  PeftSettings settings_;
  SafetensorsFolder tensors_;
  std::map<std::string, Pair> pairs_;
  std::map<std::string, Whole> biases_, whole_, own_;
  Whole rows_;
  std::map<std::string, std::string> strange_;
};

/// What `espalier show adapter` says of one place.
struct PeftPlace {
  std::string module;
  int64_t in = 0, out = 0, rank = 0;
  double alpha = 0, scale = 0;
  std::vector<double> singular_values;  ///< of s B A, falling
};
struct PeftSummary {
  PeftNotes notes;
  PeftType type = PeftType::lora;
  std::string bias;
  bool rslora = false;
  bool dora = false;
  std::vector<PeftPlace> places;                                    ///< of LoRA
  std::vector<std::pair<std::string, std::vector<int64_t>>> own;    ///< what other types train: vectors, norms, rows
  std::vector<std::pair<std::string, std::vector<int64_t>>> whole;  ///< tensors that are saved as they are
  int64_t parameters = 0;
};
/// Reads a folder without a model.
PeftSummary describe_peft(const fs::path& folder);

}  // namespace espalier
