// Adapters: dense bottlenecks f(x) = s W₂ φ(W₁ x + b₁) + b₂ on branches; `form` chooses the published arrangement.
//   houlsby           behind attention and feed-forward           Houlsby et al. 2019, 2.1; AdapterHub's double_seq_bn
//   pfeiffer          around feed-forward's join, LN used twice   Pfeiffer et al. 2021; AdapterHub's seq_bn
//   pfeiffer_plain    behind feed-forward, LN used once           as He et al. 2022, fig. 1 redraws it
//   pfeiffer_attention  behind attention alone                    Mahabadi et al. 2021 (Compacter), 4.1
//   parallel          beside feed-forward, s = 1                  He et al. 2022, 4.4; AdapterHub's par_seq_bn
//   scaled_parallel   beside feed-forward, s = 4                  He et al. 2022, 4.6 (MAM); AdapterHub's par_bn
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "espalier/base/fields.h"
#include "espalier/nn/linear.h"
#include "espalier/peft/bottleneck.h"

namespace espalier {

struct AdapterOptions {
  std::string name = "adapter";
  std::string form = "houlsby";
  std::string sites = "auto", placement = "auto", nonlinearity = "auto", init_weights = "auto";  // the form's own
  int64_t width = 0;                                                                             // 0 = from reduction_factor
  double reduction_factor = 0;                                                                   // 0 = the form's own
  double scale = 0;                                                                              // 0 = the form's own
  bool learn_scale = false;
  std::string residual = "input";
  bool norm_before = false;
  std::string norm_after = "none";
  double dropout = 0;
  void fields(Fields& f);
};

class DenseBottleneck : public Bottleneck {
 public:
  DenseBottleneck(Module& parent, const Site& branch, const BottleneckShape& shape);
  /// "bert": N(0, 0.02²); "mam_adapter": W₁ Kaiming-uniform, W₂ = 0; "near_zero": N(0, 0.01²). Biases are zero.
  void start(const std::string& init_weights, uint64_t seed, at::ScalarType type);

  Linear down_map, up_map;

 protected:
  Tensor down(const Tensor& x, Pass& pass) const override { return down_map(x, pass); }
  Tensor up(const Tensor& x, Pass& pass) const override { return up_map(x, pass); }
};

class Adapter : public Modifier {
 public:
  /// Fills in what the form says; a usage Error for options that contradict it.
  explicit Adapter(AdapterOptions options);
  std::string kind() const override { return "adapter"; }
  Value options() const override;
  void attach(Model& model, uint64_t seed) override;
  bool starts_as_base() const override;
  int64_t expected_size(Model& model) const override;  ///< Σ 2 D m + m + D, norms and scales beside
  const std::vector<std::unique_ptr<DenseBottleneck>>& places() const { return places_; }

 private:
  BottleneckShape shape_on(int64_t width) const;
  AdapterOptions options_;
  std::vector<std::unique_ptr<DenseBottleneck>> places_;
};

}  // namespace espalier
