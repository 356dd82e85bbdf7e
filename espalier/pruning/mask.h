// Mask: W ⊙ M on chosen parameters, M fixed at attaching: the smallest numbers of each tensor are zeroed.
// Exactly ⌊p · size⌋ zeros, ties broken by flat index.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "espalier/base/fields.h"
#include "espalier/models/modifier.h"

namespace espalier {

struct MaskOptions {
  std::string name = "mask";
  std::string on = "*.*.{attention,cross}.{query,key,value,output}.weight, *.*.ffn.{up,gate,down}.weight";
  double prune_fraction = 0.5;
  void fields(Fields& f);
};

class Mask : public Modifier {
 public:
  explicit Mask(MaskOptions options);
  std::string kind() const override { return "mask"; }
  Value options() const override;
  void attach(Model& model, uint64_t seed) override;
  void detach(Model& model) override;
  /// Writes W ⊙ M into the leaves; refused where another edit stands on the same parameter.
  bool merge(Model& model) override;
  void unmerge(Model& model) override;
  bool merged() const override { return merged_; }
  bool starts_as_base() const override { return options_.prune_fraction == 0; }
  int64_t expected_size(Model&) const override { return 0; }
  /// 0 or 1, of the parameter's shape; undefined when this mask does not cover it.
  Tensor mask_of(const Parameter& parameter) const;

 private:
  struct Entry {
    Parameter* parameter;
    Tensor mask;      // bool
    Tensor original;  // while merged
    bool mapped = false;
  };
  MaskOptions options_;
  std::vector<Entry> entries_;
  bool merged_ = false;
};

/// True where the number stays: all but the ⌊fraction · size⌋ smallest scores.
Tensor keep_largest(const Tensor& scores, double prune_fraction);

}  // namespace espalier
