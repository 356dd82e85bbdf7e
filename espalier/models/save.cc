#include "espalier/models/save.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "espalier/base/error.h"
#include "espalier/base/pattern.h"
#include "espalier/io/json.h"
#include "espalier/io/safetensors_writer.h"
#include "espalier/models/catalogue.h"
#include "espalier/models/leaf.h"
#include "espalier/models/load.h"
#include "espalier/models/sentence_folder.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

bool reads_sentence(HeadKind kind) { return is_sequence(kind) || kind == HeadKind::embed || kind == HeadKind::similarity; }

bool has_weights(HeadKind kind) { return kind != HeadKind::none && kind != HeadKind::embed && kind != HeadKind::similarity; }

HeadKind kind_of(const Model& model) { return model.head() != nullptr ? model.head()->options().kind : HeadKind::none; }

/// Pooled as no class of transformers does: its sequence heads read the family's own pooler, its bare models pool nothing.
bool is_sentence_encoder(const Model& model) {
  return reads_sentence(kind_of(model)) && model.head()->options().pooling != model.facts().own_pooling;
}

/// false: an encoder–decoder that was read without its decoder.
bool has_decoder(const Model& model) {
  bool whole = true;
  if (model.facts().decoder) model.backbone().each_parameter([&](Parameter& p) { whole = whole && p.defined(); });
  return whole;
}

/// transformers' class for these weights; a bare backbone where the head stands beside it.
std::string architecture(const Model& model, bool bare) {
  const Family& family = find_family(model.family(), "model");
  const HeadUse use = bare || model.head() == nullptr ? HeadUse::any : head_use(model.head()->options());
  return use == HeadUse::any && !has_decoder(model) ? family.encoder_only : family.architectures.at(size_t(use));
}

void describe_head(nlohmann::json& config, const HeadOptions& head) {
  config["espalier"] = {{"head", head_name(head.kind)}, {"pooling", pooling_name(head.pooling)}};
  if (head.kind == HeadKind::regress) config["problem_type"] = "regression";
  if (head.kind == HeadKind::classify) config["problem_type"] = "single_label_classification";
  if (head.kind == HeadKind::multi_label) config["problem_type"] = "multi_label_classification";
  std::vector<std::string> labels = head.labels;
  if (labels.empty() && head.kind == HeadKind::regress) labels.emplace_back("LABEL_0");
  if (labels.empty()) return;
  config["id2label"] = config["label2id"] = nlohmann::json::object();
  for (size_t i = 0; i < labels.size(); ++i) {
    config["id2label"][std::to_string(i)] = labels[i];
    config["label2id"][labels[i]] = i;
  }
}

/// The family's parts that the class `kind` stands for lacks: a pooler, where its head does not read one.
bool lacks(const Model& model, HeadKind kind, const std::string& path) {
  if (path.starts_with("head.")) return false;
  if (model.facts().decoder && path.starts_with("decoder.")) return kind == HeadKind::tokens;
  const bool reads_pooler = model.facts().own_pooling == Pooling::pooler && !model.facts().head_dense;
  if (!has_weights(kind) || (is_sequence(kind) && reads_pooler)) return false;
  const std::vector<std::string>& optional = model.names().optional;
  return std::any_of(optional.begin(), optional.end(),
                     [&](const std::string& pattern) { return Pattern(pattern).matches(path); });
}

/// transformers makes a pooler for a bare model whether a file has one or not, and warns: so it gets one that nothing reads.
class SparePooler {
 public:
  SparePooler(Model& model, bool wanted) {
    if (!wanted) return;
    model.backbone().each_parameter([&](Parameter& p) {
      if (!p.defined() && !(model.facts().decoder && p.path().starts_with("decoder."))) made_.push_back(&p);
    });
    if (!made_.empty()) initialize(model, model.dtype(), 1);
  }
  ~SparePooler() {
    for (Parameter* p : made_) p->leaf() = Tensor();
  }

 private:
  std::vector<Parameter*> made_;
};

void copy_tokenizer(const fs::path& from, const fs::path& folder) {
  for (const char* name : {"tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json", "added_tokens.json",
                           "vocab.json", "merges.txt", "spiece.model", "preprocessor_config.json"}) {
    if (fs::exists(from / name) && !fs::equivalent(from, folder)) write_file(folder / name, read_file(from / name));
  }
}

/// The leaf as upstream stores it: its fused layer whole, [in, out] where it does so.
Tensor stored_leaf(Model& model, const Parameter& parameter, const Stored& place) {
  std::vector<Tensor> rows;
  for (const std::string& part : place.parts) rows.push_back(model.parameter_at(part).leaf().detach());
  const Tensor leaf = rows.empty() ? parameter.leaf().detach() : at::cat(rows, 0);
  const Tensor turned = (place.transposed && leaf.dim() == 2 ? leaf.t() : leaf).cpu().contiguous();
  return place.shape.empty() ? turned : turned.view(place.shape);
}

}  // namespace

std::string saved_name(const Model& model, const std::string& path) {
  const NameTable& table = model.names();
  const std::string name = stored(table, path).value().name;
  const bool bare = !has_weights(kind_of(model));
  return bare && name.starts_with(table.prefix) ? name.substr(table.prefix.size()) : name;
}

SavedModel save_model(Model& model, const fs::path& folder, const fs::path& tokenizer_from, Log& log, int64_t max_length) {
  make_folder(folder);
  const NameTable& table = model.names();
  SavedModel saved;
  saved.sentence_encoder = is_sentence_encoder(model);
  saved.head_beside = saved.sentence_encoder && has_weights(kind_of(model));
  const HeadKind kind = saved.head_beside ? HeadKind::none : kind_of(model);  // of the files at the root
  saved.architecture = architecture(model, saved.head_beside);

  nlohmann::json config = model.config();
  config["architectures"] = {saved.architecture};
  // Of the folder that it was read from.
  for (const char* key : {"espalier", "id2label", "label2id", "num_labels", "problem_type"}) config.erase(key);
  if (model.head() != nullptr && !saved.head_beside) describe_head(config, model.head()->options());
  for (const char* key : {"torch_dtype", "dtype"}) {
    if (config.contains(key)) config[key] = model.dtype() == at::kDouble ? "float64" : "float32";
  }

  at::NoGradGuard no_gradient;
  const SparePooler spare(model, !has_weights(kind));
  std::vector<Tensor> kept;
  std::vector<NamedTensor> tensors;
  for (Parameter* parameter : model.base_parameters()) {
    const std::string& path = parameter->path();
    if (lacks(model, kind, path) || (saved.head_beside && path.starts_with("head."))) continue;
    const Stored place = stored(table, path).value();
    if (!place.parts.empty() && place.parts[0] != path) continue;  // stands in the first one's tensor
    std::string name = saved_name(model, path);
    if (saved.head_beside && name.starts_with(table.prefix)) name = name.substr(table.prefix.size());
    tensors.push_back(named_tensor(name, kept.emplace_back(stored_leaf(model, *parameter, place))));
  }
  write_sharded(folder, tensors, kShardBytes, {{"format", "pt"}});
  write_json(folder / "config.json", config);
  copy_tokenizer(tokenizer_from, folder);
  if (saved.sentence_encoder) {
    const bool unit = kind_of(model) == HeadKind::embed || kind_of(model) == HeadKind::similarity;
    write_sentence_modules(folder, model.width(), model.head()->options().pooling, unit, max_length);
  }
  if (saved.head_beside) write_head_beside(model, folder);
  log.note(fmt::format("{} holds a {} for transformers", folder.string(), saved.architecture));
  return saved;
}

}  // namespace espalier
