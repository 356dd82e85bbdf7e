// LORA of peft's folders, DoRA among them.
#include "espalier/base/text.h"
#include "espalier/nn/tensor.h"
#include "espalier/peft/formats/our_tensor.h"
#include "espalier/peft/formats/peft_reader.h"
#include "espalier/peft/lora.h"

namespace espalier {
namespace {

/// One of our linear sites with its A, its rows of B and its lengths.
struct Part {
  std::string module;  // upstream's
  Tensor a, b, m;
};

class LoraReader : public PeftReader {
 public:
  using PeftReader::PeftReader;

  std::unique_ptr<Modifier> method(const std::string& name) override {
    const bool any = find_sites() > 0;
    if (file_.pairs().empty()) problems_.add(file_.tensors_path().string(), "no lora_A and lora_B tensors for this backbone");
    if (any) {
      find_biases();
      std::set<std::string> named;
      for (const auto& [module, pair] : file_.pairs()) named.insert(module);
      std::vector<std::string> candidates;
      for (const auto& [path, linear] : linears_) candidates.push_back(path);
      compare_targets(named, candidates);
    }
    check_rest(any);
    LoraOptions o;
    if (!name.empty()) o.name = name;
    o.rank = settings_.rank;
    o.alpha = settings_.alpha;
    o.dropout = settings_.dropout;
    o.rslora = settings_.rslora;
    o.bias = settings_.bias;
    o.dora = settings_.dora;
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
    return std::make_unique<Lora>(o);
  }

  size_t places() const override { return parts_.size(); }

 protected:
  void fill_own(Modifier& method) override {
    for (const auto& pair : dynamic_cast<Lora&>(method).pairs()) {
      const Part& part = parts_.at(pair->base.path());
      if (!pair->shares()) pair->down.weight().set(part.a);
      pair->up.weight().set(part.b);
      if (pair->magnitude) pair->magnitude->set(part.m);
    }
    for (const auto& [path, value] : biases_) parameters_.at(path)->set(value);
  }

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
    if ((pair.m != nullptr) != settings_.dora) {
      problems_.add(module, settings_.dora ? "\"use_dora\" is set, but the file has no lora_magnitude_vector for it"
                                           : "has a lora_magnitude_vector, but \"use_dora\" is not set");
    }
    const Tensor m = pair.m != nullptr ? read(pair.m_name, *pair.m, {out}) : Tensor();
    if (!a.defined() || !b.defined() || (pair.m != nullptr && !m.defined())) return;
    int64_t row = 0;
    for (const std::string& site : sites) {
      const int64_t rows = linears_.at(site)->out();
      parts_[site] = {module, a, b.narrow(0, row, rows).clone(), m.defined() ? m.narrow(0, row, rows).clone() : m};
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

  std::map<std::string, Part> parts_;     // by our site
  std::map<std::string, Tensor> biases_;  // by our parameter path
};

}  // namespace

std::unique_ptr<PeftReader> lora_reader(Model& model, PeftFile file) {
  return std::make_unique<LoraReader>(model, std::move(file));
}

}  // namespace espalier
