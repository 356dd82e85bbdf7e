#include "espalier/models/load.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "espalier/base/error.h"
#include "espalier/base/pattern.h"
#include "espalier/base/text.h"
#include "espalier/io/json.h"
#include "espalier/io/safetensors_folder.h"
#include "espalier/models/catalogue.h"
#include "espalier/models/leaf.h"
#include "espalier/models/sentence_folder.h"
#include "espalier/nn/init.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

bool matches_any(const std::vector<std::string>& patterns, const std::string& name) {
  for (const std::string& pattern : patterns) {
    if (Pattern(pattern).matches(name)) return true;
  }
  return false;
}

/// The names under which upstream may have written a tensor: with and without the base prefix, in today's and in the first
/// release's words.
std::vector<std::string> spellings(const NameTable& table, const std::string& upstream) {
  std::vector<std::string> names{upstream};
  if (upstream.starts_with(table.prefix)) names.push_back(upstream.substr(table.prefix.size()));
  if (!table.other_prefix.empty()) names.push_back(table.other_prefix + upstream);
  for (size_t i = 0, count = names.size(); i < count; ++i) {
    if (names[i].ends_with("LayerNorm.weight")) names.push_back(names[i].substr(0, names[i].size() - 6) + "gamma");
    if (names[i].ends_with("LayerNorm.bias")) names.push_back(names[i].substr(0, names[i].size() - 4) + "beta");
  }
  return names;
}

class Reader {
 public:
  /// `beside`: the file of a head that stands apart, or nullptr.
  Reader(Model& model, const SafetensorsFolder& file, const SafetensorsFolder* beside, const LoadOptions& options, Log& log)
      : model_(model), file_(file), beside_(beside), options_(options), log_(log), table_(model.names()) {
    model.each_parameter([&](Parameter& parameter) { parameters_[parameter.path()] = &parameter; });
  }

  void read() {
    model_.each_parameter([&](Parameter& parameter) { read(parameter); });
    for (const SafetensorsFolder* file : {&file_, beside_}) {
      if (file == nullptr) continue;
      for (const std::string& name : file->names()) {
        if (!used_.contains(name)) pass_over(name, *file->find(name));
      }
    }
    problems_.raise(ErrorKind::data, fmt::format("{} does not fit its config.json", file_.path().string()));
    if (!unused_.empty()) log_.note(fmt::format("not used: {}", join(unused_, ", ")));
  }

 private:
  void read(Parameter& parameter) {
    const auto place = stored(table_, parameter.path());
    if (!place) throw bug_error("the name table of '{}' has no rule for it", model_.family()).at(parameter.path());
    for (const std::string& name : spellings(table_, place->name)) {
      const TensorView* view = beside_ != nullptr ? beside_->find(name) : nullptr;
      if (view == nullptr) view = file_.find(name);
      if (view == nullptr) continue;
      const bool first = used_.insert(name).second;
      return take(parameter, *place, name, *view, first);
    }
    const bool head = parameter.path().starts_with("head."), first = place->parts.empty() || place->parts[0] == parameter.path();
    if (first && !head && (reads_decoder(parameter) || !matches_any(table_.optional, parameter.path()))) {
      problems_.add(place->name, fmt::format("missing; expected shape {}", shape_text(stored_shape(parameter, *place))));
    }
  }

  /// Whether it belongs to a decoder that the head reads.
  bool reads_decoder(const Parameter& parameter) const {
    return model_.head() != nullptr && model_.head()->reads_decoder() && parameter.path().starts_with("decoder.");
  }

  std::vector<int64_t> stored_shape(const Parameter& parameter, const Stored& place) const {
    if (!place.shape.empty()) return place.shape;
    std::vector<int64_t> shape = parameter.shape();
    if (!place.parts.empty()) shape[0] = 0;
    for (const std::string& part : place.parts) shape[0] += parameters_.at(part)->shape()[0];
    if (place.transposed) std::reverse(shape.begin(), shape.end());
    return shape;
  }

  /// `first`: what is wrong with a fused layer is said once.
  void take(Parameter& parameter, const Stored& place, const std::string& name, const TensorView& view, bool first) {
    const std::vector<int64_t> expected = stored_shape(parameter, place);
    if (view.shape != expected) {
      if (parameter.path().starts_with("head.")) {
        log_.note(fmt::format("{} has shape {}, this task needs {}: a fresh one is trained", name, shape_text(view.shape),
                              shape_text(expected)));
        return;
      }
      if (first) problems_.add(name, fmt::format("shape {}; expected {}", shape_text(view.shape), shape_text(expected)));
      return;
    }
    const auto type = scalar_type(view.dtype);
    if (!type || !at::isFloatingType(*type)) {
      if (first) problems_.add(name, fmt::format("dtype {}; expected F32, F16 or BF16", dtype_name(view.dtype)));
      return;
    }
    set(parameter, place, view);
    if (options_.check_finite && !all_finite(parameter.leaf())) {
      problems_.add(name, "holds NaN or infinite numbers", "the file is damaged, or its training went wrong: take another copy");
    }
  }

  void set(Parameter& parameter, const Stored& place, const TensorView& view) const {
    if (!place.transposed && place.parts.empty()) {
      TensorView ours = view;
      ours.shape = parameter.shape();
      return set_from_view(parameter, ours, options_.dtype);
    }
    Tensor whole = tensor_of(view, options_.dtype);
    if (place.transposed) whole = whole.t();
    int64_t row = 0;
    for (const std::string& part : place.parts) {
      if (part == parameter.path()) break;
      row += parameters_.at(part)->shape()[0];
    }
    parameter.set(whole.narrow(0, row, parameter.shape()[0]).clone(at::MemoryFormat::Contiguous));
  }

  void pass_over(const std::string& name, const TensorView& view) {
    if (const Parameter* original = copied_from(name)) {
      const bool same = view.shape == original->shape() && tensor_of(view, options_.dtype).equal(original->leaf());
      if (!same)
        problems_.add(name, fmt::format("differs from {}, of which it must be a copy: untied output layers are not supported",
                                        original->path()));
      return;
    }
    if (matches_any(table_.ignored, name)) return;
    if (matches_any(table_.other_heads, name)) {
      unused_.push_back(name);
    } else {
      problems_.add(name, "unknown; no part of this model has that name");
    }
  }

  /// What a tied tensor repeats, where this model's head reads it.
  const Parameter* copied_from(const std::string& name) const {
    const size_t dot = name.rfind('.');
    const auto module = dot == std::string::npos ? std::nullopt : our_module(table_, name.substr(0, dot));
    if (!module) return nullptr;
    const Parameter* original = nullptr;
    model_.each_module([&](Module& m) {
      auto* linear = dynamic_cast<Linear*>(&m);
      if (linear == nullptr || !linear->tied() || m.path() != *module) return;
      original = name.ends_with(".weight") ? &linear->weight() : linear->bias();
    });
    return original != nullptr && original->defined() ? original : nullptr;
  }

  Model& model_;
  const SafetensorsFolder& file_;
  const SafetensorsFolder* beside_;
  const LoadOptions& options_;
  Log& log_;
  const NameTable& table_;
  std::map<std::string, const Parameter*> parameters_;  // by path
  std::set<std::string> used_;
  std::vector<std::string> unused_;
  Problems problems_;
};

void initial_value(Parameter& parameter, const Model& model, at::ScalarType dtype, uint64_t seed) {
  if (parameter.path().ends_with("norm.weight")) {
    init::constant(parameter, 1, dtype);
  } else if (parameter.path().ends_with("bias")) {
    init::constant(parameter, 0, dtype);
  } else {
    init::normal(parameter, model.backbone().initial_deviation(parameter), seed, dtype);
  }
}

/// What the file lacks and the task needs: heads, and a pooler that the head reads.
void initialize_new(Model& model, const LoadOptions& options, Log& log) {
  std::vector<std::string> fresh;
  model.each_parameter([&](Parameter& parameter) {
    if (parameter.defined()) return;
    const bool read = model.head() != nullptr && model.head()->reads_pooler() && !model.facts().decoder;  // which has none
    if (!parameter.path().starts_with("head.") && !read) return;
    initial_value(parameter, model, options.dtype, options.seed);
    if (matches_any(model.names().optional, parameter.path()) && !read) return;  // a bias that a file may lack: zero
    parameter.is_new = true;
    fresh.push_back(parameter.path());
  });
  if (!fresh.empty()) log.note(fmt::format("newly initialised, trained and saved: {}", join(fresh, ", ")));
}

/// As transformers: the output layer of an encoder–decoder is its token table unless the file has another one.
bool has_own_output(const SafetensorsFolder& file, const Model& model, const HeadOptions& head) {
  if (!model.facts().decoder || head.kind != HeadKind::seq2seq) return false;
  const NameTable table = under_head(model.backbone().names(), head_use(head));
  const auto find = [&](const char* path) {
    const TensorView* view = nullptr;
    for (const std::string& name : spellings(table, upstream_tensor(table, path).value())) {
      if (view == nullptr) view = file.find(name);
    }
    return view;
  };
  const TensorView *output = find("head.main.vocabulary.weight"), *tokens = find("embed.token.weight");
  return output != nullptr && tokens != nullptr && !std::ranges::equal(output->bytes, tokens->bytes);
}

}  // namespace

std::unique_ptr<Model> make_model(const nlohmann::json& config, const std::string& place) {
  const Family& family = find_family(json_string(config, "model_type", place), place);
  return std::make_unique<Model>(family.name, config, [&](Model& model) { return family.make(model, config, place); });
}

void initialize(Model& model, at::ScalarType dtype, uint64_t seed) {
  model.set_dtype(dtype);
  model.each_parameter([&](Parameter& parameter) {
    if (!parameter.defined()) initial_value(parameter, model, dtype, seed);
  });
}

std::unique_ptr<Model> load_model(const fs::path& folder, const LoadOptions& options, Log& log) {
  const fs::path config_file = folder / "config.json";
  if (!fs::exists(config_file)) {
    throw data_error("the folder has no config.json")
        .at(folder.string())
        .hint("a model is a folder with config.json and model.safetensors");
  }
  const nlohmann::json config = read_json(config_file);
  std::unique_ptr<Model> model = make_model(config, config_file.string());
  model->set_dtype(options.dtype);
  HeadOptions head = options.head ? *options.head : head_of_folder(folder);
  head.pooling = resolve_pooling(head.pooling, folder, *model);
  const SafetensorsFolder file(folder);
  if (has_own_output(file, *model, head)) head.tied = false;
  model->set_head(make_head(*model, head));
  std::optional<SafetensorsFolder> beside;
  if (has_head_beside(folder)) beside.emplace(head_tensors(folder));
  Reader(*model, file, beside ? &*beside : nullptr, options, log).read();
  initialize_new(*model, options, log);
  return model;
}

}  // namespace espalier
