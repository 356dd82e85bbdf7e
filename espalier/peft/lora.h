// LoRA: y = W x + s B A drop(x) at linear sites; s = alpha / r, or alpha / √r (rsLoRA).
// Hu et al. 2021, 4.1; Kalajdzievski 2023, eq. 4. A ~ Kaiming-uniform, B = 0.
// DoRA: y = m / ‖W + s B A‖ ⊙ (W x + s B A x) + b, the norm of each row, m = ‖W‖ at the start. Liu et al. 2024, eq. 5; the norm
// has no gradient (4.3) unless `dora_full_gradient`. peft drops out the input of W x too where `dropout` is set; we follow eq. 5.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "espalier/base/fields.h"
#include "espalier/models/modifier.h"
#include "espalier/nn/drop.h"
#include "espalier/nn/linear.h"
#include "espalier/peft/merged_leaves.h"
#include "espalier/peft/own_leaves.h"

namespace espalier {

struct LoraOptions {
  std::string name = "lora";
  std::string sites = "*.*.{attention,cross}.{query,key,value,output}, *.*.ffn.{up,gate,down}";
  int64_t rank = 8;
  double alpha = 16;
  double dropout = 0;
  bool rslora = false;
  std::map<std::string, int64_t> rank_pattern;
  std::map<std::string, double> alpha_pattern;
  std::string bias = "none";
  std::string also;
  std::string share;
  bool dora = false;
  bool dora_full_gradient = false;
  void fields(Fields& f);
};

/// What LoRA adds at one site: a place of its own, so that gates and masks reach it.
class LoraPair : public Module {
 public:
  /// `shared`: the A of another pair, which this one uses; nullptr = its own.
  LoraPair(Module& parent, Linear& base, int64_t rank, double alpha, double scale, double dropout, Linear* shared);
  Tensor operator()(const Tensor& x, Pass& pass) const;  ///< s B A drop(x): [N, in] -> [N, out]
  Tensor update(Pass& pass) const;                       ///< s B A as the forward uses them, [out, in] in double
  /// m begins as the norms of W's rows.
  void add_magnitude(bool full_gradient);
  /// m / ‖W + s B A‖ - 1, [out].
  Tensor stretch(Pass& pass) const;
  /// y + stretch ⊙ (y - b), y what W, update and whatever else stands below give.
  Tensor stretched(const Tensor& y, Pass& pass) const;

  Site site{*this, Unit::delta};
  Linear& base;
  const int64_t rank;
  const double alpha, scale;
  Drop drop;

 private:
  std::unique_ptr<Linear> own_down_;

 public:
  Linear& down;                          // A [r, in]
  Linear up;                             // B [out, r]
  std::unique_ptr<Parameter> magnitude;  // m [out], DoRA's; null without
  bool shares() const { return own_down_ == nullptr; }

 private:
  bool full_gradient_ = false;
};

class Lora : public Modifier {
 public:
  explicit Lora(LoraOptions options);
  std::string kind() const override { return "lora"; }
  Value options() const override;
  void attach(Model& model, uint64_t seed) override;
  void detach(Model& model) override;
  void enable(bool on) override;
  bool merge(Model& model) override;
  void unmerge(Model& model) override;
  bool merged() const override { return !merged_.empty(); }
  std::vector<Parameter*> trained(Model& model) override;
  PerExample per_example() const override {
    return options_.share.empty() && !options_.dora ? PerExample::ghost : PerExample::loop;
  }
  /// Σ r (in + out), a shared A once, out more with DoRA, and what trains of the base.
  int64_t expected_size(Model& model) const override;
  const std::vector<std::unique_ptr<LoraPair>>& pairs() const { return pairs_; }
  const LoraOptions& settings() const { return options_; }
  /// Biases and whole parameters of the base that train along.
  std::vector<Parameter*> of_the_base() const { return leaves_.parameters(); }

 private:
  std::vector<Parameter*> chosen(Model& model, const std::vector<Linear*>& bases) const;
  int64_t rank_of(const std::string& path) const;
  double alpha_of(const std::string& path) const;
  void check_mergeable(const Model& model) const;

  LoraOptions options_;
  std::vector<std::unique_ptr<LoraPair>> pairs_;
  MergedLeaves merged_;  // each pair's weight
  OwnLeaves leaves_;
};

}  // namespace espalier
