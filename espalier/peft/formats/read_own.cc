// IA3 and LN_TUNING of peft's folders: vectors at layers, and norms of the base.
#include "espalier/base/text.h"
#include "espalier/nn/tensor.h"
#include "espalier/peft/formats/our_tensor.h"
#include "espalier/peft/formats/peft_reader.h"
#include "espalier/peft/ia3.h"
#include "espalier/peft/trained_base.h"

namespace espalier {
namespace {

class Ia3Reader : public PeftReader {
 public:
  using PeftReader::PeftReader;

  std::unique_ptr<Modifier> method(const std::string& name) override {
    if (file_.own().empty()) problems_.add(file_.tensors_path().string(), "no ia3_l tensors for this backbone");
    std::set<std::string> named;
    for (const auto& [module, own] : file_.own()) {
      named.insert(module);
      read_vector(module, own);
    }
    std::vector<std::string> candidates;
    for (const auto& [path, linear] : linears_) candidates.push_back(path);
    if (!known_.empty()) compare_targets(named, candidates);
    check_rest(!known_.empty());
    Ia3Options o;
    if (!name.empty()) o.name = name;
    std::vector<std::string> sites, inputs;
    for (const auto& [site, value] : values_) {
      sites.push_back(site);
      if (inputs_.contains(site)) inputs.push_back(site);
    }
    o.sites = join(sites, ", ");
    o.inputs = join(inputs, ", ");
    return std::make_unique<Ia3>(o);
  }

  size_t places() const override { return values_.size(); }

 protected:
  void fill_own(Modifier& method) override {
    for (const auto& scale : dynamic_cast<Ia3&>(method).scales()) scale->scale.set(values_.at(scale->base.path()));
  }

 private:
  void read_vector(const std::string& module, const PeftFile::Whole& own) {
    const auto one = our_module(table_, module);
    const std::vector<std::string> sites = one ? std::vector<std::string>{*one} : our_parts(table_, module);
    int64_t in = 0, out = 0;
    bool fits = !sites.empty();
    for (const std::string& site : sites) {
      const auto linear = linears_.find(site);
      fits = fits && linear != linears_.end();
      if (!fits) break;
      in = linear->second->in();
      out += linear->second->out();
    }
    if (!fits) {
      problems_.add(module, "fits no place of this backbone");
      return;
    }
    known_.insert(module);
    const bool input = settings_.scales_input(module);
    if (input && sites.size() > 1) {
      problems_.add(module, "is several layers here, whose input one vector cannot scale");
      return;
    }
    const Tensor value = read(own.name, *own.view, input ? std::vector<int64_t>{1, in} : std::vector<int64_t>{out, 1});
    if (!value.defined()) return;
    int64_t row = 0;
    for (const std::string& site : sites) {
      const int64_t size = input ? in : linears_.at(site)->out();
      values_[site] = value.view({-1}).narrow(0, row, size).clone();
      if (input) inputs_.insert(site);
      row += size;
    }
  }

  std::set<std::string> known_;           // modules whose names this backbone knows
  std::map<std::string, Tensor> values_;  // by our site
  std::set<std::string> inputs_;          // sites whose input is scaled
};

class NormsReader : public PeftReader {
 public:
  using PeftReader::PeftReader;

  std::unique_ptr<Modifier> method(const std::string& name) override {
    if (file_.own().empty()) problems_.add(file_.tensors_path().string(), "no ln_tuning_layers tensors for this backbone");
    std::set<std::string> named;
    for (const auto& [tensor, own] : file_.own()) {
      named.insert(tensor.substr(0, tensor.rfind('.')));
      const auto path = our_tensor(table_, tensor);
      const auto found = path ? parameters_.find(*path) : parameters_.end();
      if (found == parameters_.end() || path->starts_with("head.")) {
        problems_.add(own.name, "fits no place of this backbone");
        continue;
      }
      known_.insert(found->first);
      if (const Tensor value = read(own.name, *own.view, found->second->shape()); value.defined()) values_[found->first] = value;
    }
    for (const std::string& path : known_) {  // peft keeps whole modules
      for (const char* other : {".weight", ".bias"}) {
        const auto beside = parameters_.find(path.substr(0, path.rfind('.')) + other);
        if (beside != parameters_.end() && !known_.contains(beside->first))
          problems_.add(beside->first, "is missing in the file");
      }
    }
    std::vector<std::string> candidates;
    model_.backbone().each_module([&](Module& m) {
      if (parameters_.contains(m.path() + ".weight")) candidates.push_back(m.path());
    });
    if (!known_.empty()) compare_targets(named, candidates);
    check_rest(!known_.empty());
    LayerNormOptions o;
    if (!name.empty()) o.name = name;
    std::vector<std::string> paths;
    for (const auto& [path, value] : values_) paths.push_back(path);
    o.parameters = join(paths, ", ");
    return std::make_unique<LayerNormTuning>(o);
  }

  size_t places() const override { return file_.modules().size(); }

 protected:
  void fill_own(Modifier&) override {
    for (const auto& [path, value] : values_) parameters_.at(path)->set(value);
  }

 private:
  std::set<std::string> known_;           // our paths
  std::map<std::string, Tensor> values_;  // by our path
};

}  // namespace

std::unique_ptr<PeftReader> ia3_reader(Model& model, PeftFile file) {
  return std::make_unique<Ia3Reader>(model, std::move(file));
}

std::unique_ptr<PeftReader> norms_reader(Model& model, PeftFile file) {
  return std::make_unique<NormsReader>(model, std::move(file));
}

}  // namespace espalier
