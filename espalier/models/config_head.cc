// The head that a config.json describes, and the pooling that a sentence encoder's folder describes.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/json.h"
#include "espalier/models/load.h"
#include "espalier/models/sentence_folder.h"

namespace espalier {
namespace {

std::vector<std::string> labels_of(const nlohmann::json& config, const std::string& place) {
  const auto* names = json_find(config, "id2label", place);
  if (names == nullptr) {
    std::vector<std::string> labels;
    const int64_t count = json_int(config, "num_labels", place, 2);
    if (count < 1 || count > 1'000'000) throw data_error("\"num_labels\" is {}; expected 1 to 1,000,000", count).at(place);
    for (int64_t i = 0; i < count; ++i) labels.push_back("LABEL_" + std::to_string(i));
    return labels;
  }
  if (!names->is_object()) throw data_error("\"id2label\" is {}; expected a table", describe_json(*names)).at(place);
  std::vector<std::string> labels(names->size());
  for (const auto& [key, value] : names->items()) {
    const auto id = parse_int(key);
    if (!id || *id < 0 || *id >= int64_t(labels.size()) || !value.is_string()) {
      throw data_error("\"id2label\" has the entry \"{}\"; expected the ids 0 to {}, each with a text", key, labels.size() - 1)
          .at(place);
    }
    labels[size_t(*id)] = value.get<std::string>();
  }
  return labels;
}

std::vector<std::string> architectures(const nlohmann::json& config, const std::string& place) {
  return json_find(config, "architectures", place) != nullptr ? json_strings(config, "architectures", place)
                                                              : std::vector<std::string>{};
}

bool is_teacher(const std::string& architecture) { return architecture.ends_with("ForImageClassificationWithTeacher"); }

HeadKind kind_of(const nlohmann::json& config, const std::string& place) {
  for (const std::string& name : architectures(config, place)) {
    if (is_teacher(name)) return HeadKind::classify;
    if (name.ends_with("ForSequenceClassification") || name.ends_with("ForImageClassification")) {
      const std::string problem = json_string(config, "problem_type", place, "");
      if (problem == "multi_label_classification") return HeadKind::multi_label;
      const bool one = labels_of(config, place).size() == 1;
      return problem == "regression" || (problem.empty() && one) ? HeadKind::regress : HeadKind::classify;
    }
    if (name.ends_with("ForTokenClassification")) return HeadKind::tokens;
    if (name.ends_with("ForMaskedLM")) return HeadKind::masked_lm;
    if (name.ends_with("ForConditionalGeneration")) return HeadKind::seq2seq;
    if (name.ends_with("ForCausalLM") || name.ends_with("LMHeadModel")) return HeadKind::causal_lm;
  }
  return HeadKind::none;
}

}  // namespace

HeadOptions head_of_config(const nlohmann::json& config, const std::string& place) {
  HeadOptions head;
  head.kind = kind_of(config, place);
  if (const auto* ours = json_find(config, "espalier", place)) {
    head.kind = head_kind(json_string(*ours, "head", place, "none"));
    head.pooling = pooling_from(json_string(*ours, "pooling", place, "auto"));
  }
  const std::vector<std::string> classes = architectures(config, place);
  head.teacher = head.kind == HeadKind::classify && std::any_of(classes.begin(), classes.end(), is_teacher);
  const bool labelled = head.kind == HeadKind::classify || head.kind == HeadKind::multi_label || head.kind == HeadKind::regress ||
                        head.kind == HeadKind::tokens;
  if (labelled) head.labels = labels_of(config, place);
  return head;
}

HeadOptions head_of_folder(const fs::path& folder) {
  if (has_head_beside(folder)) return read_head_beside(folder);
  const fs::path config = folder / "config.json";
  return fs::exists(config) ? head_of_config(read_json(config), config.string()) : HeadOptions{};
}

Pooling resolve_pooling(Pooling wanted, const fs::path& folder, const Model& model) {
  if (wanted != Pooling::automatic) return wanted;
  const fs::path encoder = sentence_encoder_of(folder);
  return encoder.empty() ? model.facts().own_pooling : sentence_pooling(encoder);
}

}  // namespace espalier
