// Compacter: bottlenecks x + up(φ(down(x))) whose maps are sums of Kronecker products. Mahabadi et al. 2021.
//   compacter    behind both branches, Bᵢ of rank 1, one A for the whole model
//   compacter++  the same behind feed-forward alone
//   phm          both branches, Bᵢ whole, each map its own A      (PHM-Adapter)
//   low_rank     both branches, the maps products s t without A   (Adapter-LowRank)
// The backbone's norms train too. The authors' low-rank map multiplies its factors element by element, which is the matrix
// product for rank 1 alone; we take the matrix product.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "espalier/base/fields.h"
#include "espalier/peft/bottleneck.h"
#include "espalier/peft/own_leaves.h"
#include "espalier/peft/phm.h"

namespace espalier {

struct CompacterOptions {
  std::string name = "compacter";
  std::string form = "compacter";
  std::string sites = "auto", placement = "after_drop", nonlinearity = "gelu_new";
  int64_t width = 0;
  double reduction_factor = 32;
  int64_t divisions = 0;  // 0 = the form's own
  int64_t rank = 1;       // of a form with factors
  std::string rule_init = "normal", factor_init = "glorot_uniform";
  double init_range = 1e-4;
  bool train_norms = true;
  void fields(Fields& f);
};

class HypercomplexBottleneck : public Bottleneck {
 public:
  HypercomplexBottleneck(Module& parent, const Site& branch, const BottleneckShape& shape, PhmShape phm, Parameter* rule);
  PhmLinear down_map, up_map;

 protected:
  Tensor down(const Tensor& x, Pass& pass) const override { return down_map(x, pass); }
  Tensor up(const Tensor& x, Pass& pass) const override { return up_map(x, pass); }
};

class Compacter : public Modifier {
 public:
  explicit Compacter(CompacterOptions options);
  std::string kind() const override { return "compacter"; }
  Value options() const override;
  void attach(Model& model, uint64_t seed) override;
  void detach(Model& model) override;
  void enable(bool on) override;
  std::vector<Parameter*> trained(Model& model) override;
  /// The factors are read through products of their own, which no recorder sees.
  PerExample per_example() const override { return PerExample::loop; }
  bool starts_as_base() const override { return false; }
  int64_t expected_size(Model& model) const override;
  Parameter* rule() { return rule_.get(); }  ///< the A that all share, or nullptr
  const std::vector<std::unique_ptr<HypercomplexBottleneck>>& places() const { return places_; }

 private:
  bool shares_rule() const { return options_.form == "compacter" || options_.form == "compacter++"; }
  PhmShape phm() const;
  BottleneckShape shape_on(int64_t width) const;
  std::vector<Parameter*> norms(Model& model) const;
  void start_rule(Parameter& rule, uint64_t seed, at::ScalarType type) const;

  CompacterOptions options_;
  std::unique_ptr<Parameter> rule_;
  std::vector<std::unique_ptr<HypercomplexBottleneck>> places_;
  OwnLeaves leaves_;
};

/// M bottlenecks of width d on a model of width k, without norms: the paper's formulas, biases counted.
int64_t compacter_size(int64_t count, int64_t k, int64_t d, PhmShape shape, bool shared_rule);

}  // namespace espalier
