#include "espalier/models/sentence_folder.h"

#include <nlohmann/json.hpp>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/json.h"
#include "espalier/io/safetensors_writer.h"
#include "espalier/models/leaf.h"
#include "espalier/models/names.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

constexpr const char* kModules = "modules.json";
constexpr const char* kPooling = "1_Pooling";
constexpr const char* kHead = "head";

struct SentenceModule {
  std::string kind, path;  ///< "Pooling", "1_Pooling"
};

std::vector<SentenceModule> read_modules(const fs::path& folder) {
  const fs::path file = folder / kModules;
  const std::string place = file.string();
  const nlohmann::json list = read_json(file);
  if (!list.is_array()) throw data_error("{}; expected a list of modules", describe_json(list)).at(place);
  std::vector<SentenceModule> modules;
  for (const nlohmann::json& item : list) {
    if (!item.is_object()) throw data_error("a module is {}; expected a table", describe_json(item)).at(place);
    const std::string type = json_string(item, "type", place), path = json_string(item, "path", place, "");
    if (fs::path(path).is_absolute() || path.find("..") != std::string::npos) {
      throw data_error("a module's \"path\" is '{}'; expected a folder inside this one", printable(path)).at(place);
    }
    modules.push_back({type.substr(type.rfind('.') + 1), path});
  }
  if (modules.empty() || modules[0].kind != "Transformer") {
    throw unsupported_error("the first module is {}; expected a Transformer",
                            modules.empty() ? "not there" : "a " + printable(modules[0].kind))
        .at(place);
  }
  return modules;
}

const char* mode_name(Pooling pooling) {
  if (pooling == Pooling::last) return "lasttoken";
  return pooling == Pooling::first ? "cls" : pooling_name(pooling);
}

/// The modes of a pooling module: one text or a list of today's files, flags of older ones.
std::vector<std::string> modes_of(const nlohmann::json& config, const std::string& place) {
  if (json_find(config, "pooling_mode", place) != nullptr) return json_strings(config, "pooling_mode", place);
  std::vector<std::string> modes;
  for (const auto& [key, value] : config.items()) {
    if (!key.starts_with("pooling_mode_") || value != true) continue;
    const std::string mode = key.substr(13);
    modes.push_back(mode == "mean_sqrt_len_tokens" ? mode : mode.substr(0, mode.rfind('_')));  // "cls_token", "mean_tokens"
  }
  if (modes.empty()) modes.emplace_back("mean");  // as the library reads it
  return modes;
}

Pooling pooling_of(const fs::path& file) {
  const std::string place = file.string();
  const std::vector<std::string> modes = modes_of(read_json(file), place);
  if (modes.size() == 1) {
    for (const Pooling pooling : {Pooling::first, Pooling::mean, Pooling::max, Pooling::last}) {
      if (modes[0] == mode_name(pooling)) return pooling;
    }
  }
  throw unsupported_error("the sentence encoder pools by '{}'; expected one of cls, mean, max, lasttoken",
                          printable(join(modes, " + ")))
      .at(place)
      .hint("choose one with --pooling first, mean, max or last");
}

std::string default_prompt(const fs::path& encoder) {
  const fs::path file = encoder / "config_sentence_transformers.json";
  if (!fs::exists(file)) return "";
  const nlohmann::json config = read_json(file);
  const std::string name = json_string(config, "default_prompt_name", file.string(), "");
  const nlohmann::json* prompts = json_find(config, "prompts", file.string());
  return name.empty() || prompts == nullptr ? "" : json_string(*prompts, name, file.string(), "");
}

}  // namespace

fs::path transformer_folder(const fs::path& folder) {
  if (fs::exists(folder / "config.json") || !fs::exists(folder / kModules)) return folder;
  const std::string path = read_modules(folder)[0].path;
  return path.empty() ? folder : folder / path;
}

fs::path sentence_encoder_of(const fs::path& transformer) {
  if (fs::exists(transformer / kModules) || fs::exists(transformer / kPooling / "config.json")) return transformer;
  const fs::path whole = fs::absolute(transformer).lexically_normal();
  const fs::path folder = whole.has_filename() ? whole : whole.parent_path(), around = folder.parent_path();
  const bool part = fs::exists(around / kModules) && read_modules(around)[0].path == folder.filename().string();
  return part ? around : fs::path();
}

Pooling sentence_pooling(const fs::path& encoder) {
  if (!fs::exists(encoder / kModules)) return pooling_of(encoder / kPooling / "config.json");
  const std::string place = (encoder / kModules).string();
  constexpr const char* kAdvice = "with --pooling first, mean, max or last the transformer is read alone";
  std::optional<Pooling> pooling;
  for (const SentenceModule& module : read_modules(encoder)) {
    if (module.kind == "Pooling" && !pooling) {
      pooling = pooling_of(encoder / module.path / "config.json");
    } else if (module.kind != "Transformer" && module.kind != "Normalize" && module.kind != "Dropout") {
      throw unsupported_error("the sentence encoder has a module '{}', which is not supported", printable(module.kind))
          .at(place)
          .hint(kAdvice);
    }
  }
  if (!pooling) throw unsupported_error("the sentence encoder has no pooling module").at(place).hint(kAdvice);
  if (const std::string prompt = default_prompt(encoder); !prompt.empty()) {
    throw unsupported_error("the sentence encoder puts '{}' before every text, which is not supported", printable(prompt))
        .at((encoder / "config_sentence_transformers.json").string())
        .hint(kAdvice);
  }
  return *pooling;
}

int64_t sentence_length(const fs::path& encoder) {
  const fs::path file = transformer_folder(encoder) / "sentence_bert_config.json";
  return fs::exists(file) ? json_int(read_json(file), "max_seq_length", file.string(), 0) : 0;
}

void write_sentence_modules(const fs::path& folder, int64_t width, Pooling pooling, bool normalize, int64_t length) {
  nlohmann::ordered_json modules = nlohmann::ordered_json::array();
  const auto add = [&](const std::string& path, const char* type) {
    const std::string index = std::to_string(modules.size());
    modules.push_back({{"idx", modules.size()},
                       {"name", index},
                       {"path", path},
                       {"type", std::string("sentence_transformers.models.") + type}});
  };
  add("", "Transformer");
  add(kPooling, "Pooling");
  if (normalize) add("2_Normalize", "Normalize");
  nlohmann::ordered_json pool = {{"word_embedding_dimension", width}};
  for (const std::string mode : {"cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens", "lasttoken"}) {
    pool["pooling_mode_" + mode] = mode == mode_name(pooling) || mode.starts_with(std::string(mode_name(pooling)) + "_token");
  }
  make_folder(folder / kPooling);
  write_json(folder / kPooling / "config.json", pool);
  if (normalize) make_folder(folder / "2_Normalize");
  nlohmann::ordered_json transformer = nlohmann::ordered_json::object();
  if (length > 0) transformer["max_seq_length"] = length;
  transformer["do_lower_case"] = false;
  write_json(folder / "sentence_bert_config.json", transformer);
  write_json(folder / "config_sentence_transformers.json", nlohmann::ordered_json{{"prompts", nlohmann::ordered_json::object()},
                                                                                  {"default_prompt_name", nullptr},
                                                                                  {"similarity_fn_name", "cosine"}});
  write_json(folder / kModules, modules);
}

bool has_head_beside(const fs::path& folder) { return fs::exists(head_settings(folder)); }

fs::path head_settings(const fs::path& folder) { return folder / kHead / "head.json"; }

fs::path head_tensors(const fs::path& folder) { return folder / kHead / "head.safetensors"; }

HeadOptions read_head_beside(const fs::path& folder) {
  const std::string place = head_settings(folder).string();
  const nlohmann::json config = read_json(place);
  if (const int64_t version = json_int(config, "format_version", place); version != 1) {
    throw unsupported_error("\"format_version\" is {}; expected 1", version).at(place);
  }
  HeadOptions head;
  head.kind = head_kind(json_string(config, "head", place));
  head.pooling = pooling_from(json_string(config, "pooling", place));
  head.labels = json_strings(config, "labels", place);
  return head;
}

void write_head_beside(Model& model, const fs::path& folder) {
  const HeadOptions& head = model.head()->options();
  std::vector<Tensor> kept;
  std::vector<NamedTensor> tensors;
  for (Parameter* p : model.head()->parameters()) {
    const Tensor& leaf = kept.emplace_back(p->leaf().detach().cpu().contiguous());
    tensors.push_back(named_tensor(upstream_tensor(model.names(), p->path()).value(), leaf));
  }
  make_folder(folder / kHead);
  write_safetensors(head_tensors(folder), tensors, {{"format", "pt"}});
  write_json(head_settings(folder), nlohmann::ordered_json{{"format_version", 1},
                                                           {"head", head_name(head.kind)},
                                                           {"pooling", pooling_name(head.pooling)},
                                                           {"labels", head.labels}});
}

}  // namespace espalier
