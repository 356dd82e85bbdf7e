// Mask: W ⊙ M on chosen parameters, M chosen once by Score × Grouping × Budget and fixed afterwards.
// Over an adapter's own weights it is SparseAdapter (He et al. 2022): `on = "adapter/**.{down,up}.weight"`, chosen at the start.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "espalier/base/fields.h"
#include "espalier/models/modifier.h"
#include "espalier/pruning/budget.h"
#include "espalier/pruning/score.h"

namespace espalier {

struct MaskOptions {
  std::string name = "mask";
  std::string on = "*.*.{attention,cross}.{query,key,value,output}.weight, *.*.ffn.{up,gate,down}.weight";
  double prune_fraction = 0.5;
  double keep = 0;
  std::string score = "magnitude";
  std::string group = "element";
  std::string scope = "layer";
  int64_t rounds = 1;
  std::string round_schedule = "exponential";
  bool regrow = false;
  int64_t examples = 320;
  void fields(Fields& f);
};

class Mask : public Modifier {
 public:
  explicit Mask(MaskOptions options);
  std::string kind() const override { return "mask"; }
  Value options() const override;
  /// Chooses, unless the score looks at data.
  void attach(Model& model, uint64_t seed) override;
  void detach(Model& model) override;
  int64_t wants_examples() const override;
  void prepare(Model& model, const Sample& sample) override;
  /// One bit a number, "<name>/<path>.kept" [⌈size / 8⌉], the lowest bit first.
  std::map<std::string, Tensor> kept() const override;
  void restore_kept(const std::map<std::string, Tensor>& tensors) override;
  /// Writes W ⊙ M into the leaves; refused where another edit stands on the same parameter.
  bool merge(Model& model) override;
  void unmerge(Model& model) override;
  bool merged() const override { return merged_; }
  bool starts_as_base() const override { return options_.prune_fraction == 0; }
  int64_t expected_size(Model&) const override { return 0; }

  const MaskOptions& settings() const { return options_; }
  std::vector<Parameter*> pool() const;
  /// bool, of the parameter's shape; undefined when this mask does not cover it, or before it has been chosen.
  Tensor mask_of(const Parameter& parameter) const;
  int64_t pruned() const;  ///< numbers that are zero
  int64_t size() const;    ///< of the pool

 private:
  struct Entry {
    Parameter* parameter;
    Tensor mask;      // undefined until it is chosen
    Tensor original;  // while merged
    bool mapped = false;
  };
  void choose(const Sample* sample);
  double pruned_after(int64_t round) const;
  MaskOptions options_;
  uint64_t seed_ = 0;
  std::vector<Entry> entries_;
  bool merged_ = false;
};

}  // namespace espalier
