#include <nlohmann/json.hpp>
#include <set>

#include "espalier/base/error.h"
#include "espalier/base/pattern.h"
#include "espalier/base/text.h"
#include "espalier/models/leaf.h"
#include "espalier/models/model.h"
#include "espalier/nn/tensor.h"
#include "espalier/peft/formats/misfit.h"
#include "espalier/peft/formats/our_tensor.h"
#include "espalier/peft/formats/peft.h"
#include "espalier/peft/formats/peft_file.h"

namespace espalier {
namespace {

/// One of our linear sites with its A and its rows of B.
struct Part {
  std::string module;  // upstream's
  Tensor a, b;
};

class Reader {
 public:
  Reader(Model& model, const fs::path& folder)
      : model_(model), table_(model.names()), file_(folder), settings_(file_.settings()) {
    model.each_module([&](Module& m) {
      if (auto* linear = dynamic_cast<Linear*>(&m)) linears_[m.path()] = linear;
    });
    model.each_parameter([&](Parameter& p) { parameters_[p.path()] = &p; });
  }

  const PeftFile& file() const { return file_; }

  /// Everything that can be wrong is found here, before the model is touched.
  LoraOptions options(const std::string& name) {
    if (!file_.pairs().empty() && find_sites() == 0) throw wrong_backbone(model_, file_);
    for (const auto& [key, reason] : file_.strange()) problems_.add(key, reason);
    if (file_.pairs().empty()) problems_.add(file_.tensors_path().string(), "no lora_A and lora_B tensors for this backbone");
    find_biases();
    find_whole();
    compare_targets();
    problems_.raise(ErrorKind::data, "the adapter does not fit this backbone");
    LoraOptions o;
    o.name = name;
    o.rank = settings_.rank;
    o.alpha = settings_.alpha;
    o.dropout = settings_.dropout;
    o.rslora = settings_.rslora;
    o.bias = settings_.bias;
    std::vector<std::string> sites, also, shared;
    for (const auto& [site, part] : parts_) {
      sites.push_back(site);
      const int64_t rank = part.a.size(0);
      const double alpha = settings_.alpha_of(part.module);
      if (rank != o.rank) o.rank_pattern[site] = rank;
      if (alpha != o.alpha) o.alpha_pattern[site] = alpha;
      if (!our_module(table_, part.module)) shared.push_back(site);
    }
    for (const auto& [path, value] : base_) also.push_back(path);
    o.sites = join(sites, ", ");
    o.also = join(also, ", ");
    o.share = join(shared, ", ");
    return o;
  }

  std::vector<Parameter*> fill(Lora& lora) {
    for (const auto& pair : lora.pairs()) {
      const Part& part = parts_.at(pair->base.path());
      if (!pair->shares()) pair->down.weight().set(part.a);
      pair->up.weight().set(part.b);
    }
    for (const auto& [path, value] : biases_) parameters_.at(path)->set(value);
    std::vector<Parameter*> whole;
    for (const auto& [path, value] : base_) whole.emplace_back(parameters_.at(path))->set(value);
    for (const auto& [path, value] : head_) {
      Parameter& parameter = *whole.emplace_back(parameters_.at(path));
      parameter.set(value);
      parameter.is_new = true;
    }
    return whole;
  }

  bool has_head() const { return !head_.empty(); }

 private:
  /// Counts the pairs whose names this backbone knows.
  size_t find_sites() {
    size_t known = 0;
    for (const auto& [module, pair] : file_.pairs()) {
      const auto one = our_module(table_, module);
      const std::vector<std::string> sites = one ? std::vector<std::string>{*one} : our_parts(table_, module);
      int64_t in = -1, out = 0;
      for (const std::string& site : sites) {
        const auto linear = linears_.find(site);
        if (linear == linears_.end()) {
          in = -1;
          break;
        }
        in = linear->second->in();
        out += linear->second->out();
      }
      if (in < 0) {
        problems_.add(module, "fits no place of this backbone");
        continue;
      }
      ++known;
      read_pair(module, pair, sites, in, out);
    }
    return known;
  }

  void read_pair(const std::string& module, const PeftFile::Pair& pair, const std::vector<std::string>& sites, int64_t in,
                 int64_t out) {
    if (pair.a == nullptr || pair.b == nullptr || pair.a->shape.size() != 2 || pair.a->shape[0] < 1) {
      problems_.add(module, "needs lora_A.weight [r, in] and lora_B.weight [out, r]");
      return;
    }
    const int64_t rank = pair.a->shape[0], said = settings_.rank_of(module);
    if (rank != said) problems_.add(pair.a_name, fmt::format("has rank {}; {} says {}", rank, file_.place(), said));
    const Tensor a = read(pair.a_name, *pair.a, {rank, in}), b = read(pair.b_name, *pair.b, {out, rank});
    if (!a.defined() || !b.defined()) return;
    int64_t row = 0;
    for (const std::string& site : sites) {
      const int64_t rows = linears_.at(site)->out();
      parts_[site] = {module, a, b.narrow(0, row, rows).clone()};
      row += rows;
    }
  }

  void find_biases() {
    for (const auto& [name, bias] : file_.biases()) {
      const std::vector<std::string> fused = our_parts(table_, name.substr(0, name.rfind('.')));
      if (!fused.empty()) {
        split_bias(bias, fused);
        continue;
      }
      const auto path = our_tensor(table_, name);
      const auto found = path ? parameters_.find(*path) : parameters_.end();
      if (found == parameters_.end()) {
        // The copies of a tied output layer's bias stand in modules that this head does not have.
        if (!matches(table_.ignored, name)) problems_.add(bias.name, "fits no place of this backbone");
      } else if (!found->second->defined() || unused(found->first)) {
        continue;  // of a pooler that nothing reads
      } else if (const Tensor value = read(bias.name, *bias.view, found->second->shape()); value.defined()) {
        biases_[found->first] = value;
      }
    }
    if (settings_.bias == "none") return;
    for (const auto& [site, part] : parts_) {
      if (linears_.at(site)->bias() == nullptr || biases_.contains(site + ".bias") ||
          file_.whole().contains(part.module + ".bias"))
        continue;
      problems_.add(part.module, fmt::format("the file holds no bias for it, while \"bias\" is {}", settings_.bias));
    }
  }

  void split_bias(const PeftFile::Whole& bias, const std::vector<std::string>& parts) {
    int64_t rows = 0;
    for (const std::string& part : parts) rows += linears_.contains(part) ? linears_.at(part)->out() : 0;
    const Tensor value = read(bias.name, *bias.view, {rows});
    if (!value.defined()) return;
    int64_t row = 0;
    for (const std::string& part : parts) {
      const int64_t size = linears_.at(part)->out();
      biases_[part + ".bias"] = value.narrow(0, row, size).clone();
      row += size;
    }
  }

  void find_whole() {
    for (const auto& [name, whole] : file_.whole()) {
      const auto path = our_tensor(table_, name);
      const bool head = path && path->starts_with("head.");
      const auto found = path ? parameters_.find(*path) : parameters_.end();
      if (found == parameters_.end()) {
        if (head && path->ends_with(".weight") && tied_copy(*path, whole)) continue;
        problems_.add(whole.name, head ? "this model's head has no such part" : "fits no place of this backbone");
      } else if (!head && !whole.listed) {
        problems_.add(whole.name, "a weight of the base that \"modules_to_save\" does not name");
      } else if (const Tensor value = read(whole.name, *whole.view, found->second->shape(), *path); value.defined()) {
        put_whole(found->first, whole.name, value, head);
      }
    }
  }

  void put_whole(const std::string& path, const std::string& name, const Tensor& value, bool head) {
    if (!head && !parameters_.at(path)->defined()) {
      problems_.add(name, "this model has no such part");
      return;
    }
    auto& kept = head ? head_ : base_;
    const auto [old, fresh] = kept.emplace(path, value);
    if (!fresh && !old->second.equal(value)) problems_.add(name, fmt::format("differs from another tensor for {}", path));
  }

  /// The weight of an output layer that is the token table.
  bool tied_copy(const std::string& path, const PeftFile::Whole& whole) {
    const auto linear = linears_.find(path.substr(0, path.rfind('.')));
    if (linear == linears_.end() || !linear->second->tied()) return false;
    const Tensor value = read(whole.name, *whole.view, linear->second->weight().shape());
    const auto table = base_.find(linear->second->weight().path());
    const Tensor& own = table != base_.end() ? table->second : linear->second->weight().leaf();
    if (value.defined() && own.defined() && !value.equal(own)) {
      problems_.add(whole.name, fmt::format("differs from {}, to which this head is tied; untied output layers are not supported",
                                            linear->second->weight().path()));
    }
    return true;
  }

  /// The settings against the tensors: peft makes its updates where target_modules says, so both must name the same places.
  void compare_targets() {
    if (!settings_.targets.given) return;
    std::set<std::string> named;
    for (const auto& [module, pair] : file_.pairs()) {
      named.insert(module);
      if (settings_.targeted(module, true, is_output(module))) continue;
      if (settings_.saved_whole(module + ".weight")) {
        problems_.add(module, "has an update, and \"modules_to_save\" names it too");
      } else {
        problems_.add(module, "has an update, but \"target_modules\" does not name it");
      }
    }
    // Upstream's names have a prefix or not, as the file's.
    const std::string& prefix = table_.prefix;
    const bool bare = !named.empty() && !named.begin()->starts_with(prefix);
    std::set<std::string> missing;
    for (const auto& [path, linear] : linears_) {
      const auto fused = upstream_fused(table_, path);
      auto theirs = fused ? fused : upstream_module(table_, path);
      if (!theirs || unused(path + ".weight") || !linear->weight().defined()) continue;
      if (bare && theirs->starts_with(prefix)) theirs = theirs->substr(prefix.size());
      if (!named.contains(*theirs) && settings_.targeted(*theirs, true, is_output(*theirs))) missing.insert(*theirs);
    }
    for (const std::string& module : missing)
      problems_.add(module, "\"target_modules\" names it, but the file has no update for it");
  }

  /// peft's "all-linear" leaves out the output layer of a language model, and the classifier of task SEQ_CLS.
  bool is_output(const std::string& module) const {
    const auto path = our_module(table_, module);
    return path && (*path == "head.main.vocabulary" ||
                    (*path == "head.main.out" && settings_.notes.task_type == std::optional<std::string>("SEQ_CLS")));
  }

  /// Of a part that the model has and this head does not read.
  bool unused(const std::string& path) const {
    if (!matches(table_.optional, path)) return false;
    const Head* head = model_.head();
    return head != nullptr && !head->reads_pooler();
  }

  static bool matches(const std::vector<std::string>& patterns, const std::string& name) {
    return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& p) { return Pattern(p).matches(name); });
  }

  /// A copy in the model's dtype; undefined, with a problem noted, when it does not fit.
  Tensor read(const std::string& name, const TensorView& view, const std::vector<int64_t>& shape, const std::string& shown = "") {
    const auto type = scalar_type(view.dtype);
    if (view.shape != shape) {
      problems_.add(shown.empty() ? name : shown,
                    fmt::format("shape {}; expected {}", shape_text(view.shape), shape_text(shape)));
    } else if (!type || !at::isFloatingType(*type)) {
      problems_.add(name, fmt::format("dtype {}; expected F32, F16 or BF16", dtype_name(view.dtype)));
    } else if (const Tensor value = tensor_of(view, model_.dtype()); !all_finite(value)) {
      problems_.add(name, "holds NaN or infinite numbers");
    } else {
      return value.clone();
    }
    return {};
  }

  Model& model_;
  const NameTable& table_;
  const PeftFile file_;
  const PeftSettings& settings_;
  std::map<std::string, Linear*> linears_;
  std::map<std::string, Parameter*> parameters_;
  std::map<std::string, Part> parts_;                   // by our site
  std::map<std::string, Tensor> biases_, base_, head_;  // by our parameter path
  Problems problems_;
};

}  // namespace

LoadedPeft load_peft(Model& model, const fs::path& folder, const std::string& name, Log& log) {
  bool made = false;
  if (model.head() == nullptr) {
    const HeadOptions head = peft_head(model, folder, {});
    made = head.kind != HeadKind::none;
    if (made) model.set_head(make_head(model, head));
  }
  bool attached = false;
  try {
    Reader reader(model, folder);
    auto lora = std::make_unique<Lora>(reader.options(name));
    Lora& result = *lora;
    model.attach(std::move(lora), 0);
    attached = true;
    std::vector<Parameter*> whole = reader.fill(result);
    log.note(fmt::format("{}: {} sites matched, head {}", folder.string(), result.pairs().size(),
                         reader.has_head() ? "present" : "not present"));
    const PeftSettings& settings = reader.file().settings();
    for (const std::string& idle : settings.idle_patterns(reader.file().modules()))
      log.warn(idle + " fits no place of the adapter");
    return {result, std::move(whole), settings.notes};
  } catch (...) {  // the model is again as it was
    if (attached) model.detach(name);
    if (made) model.set_head(nullptr);
    throw;
  }
}

}  // namespace espalier
