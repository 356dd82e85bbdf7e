// (IA)³: y = l ⊙ (W x + b) at keys and values, y = W (l ⊙ x) + b at the feed-forward's last map; l = 1 at the start.
// Liu et al. 2022, 3.3. Where the base has biases they are scaled too, as in peft.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "espalier/base/fields.h"
#include "espalier/models/modifier.h"
#include "espalier/nn/linear.h"
#include "espalier/peft/merged_leaves.h"

namespace espalier {

struct Ia3Options {
  std::string name = "ia3";
  std::string sites = "*.*.{attention,cross}.{key,value}, *.*.ffn.down";
  std::string inputs = "*.*.ffn.down";
  void fields(Fields& f);
};

/// The vector at one linear site.
class Ia3Scale : public Module {
 public:
  Ia3Scale(Module& parent, Linear& base, bool of_input);
  Tensor wrapped(const Tensor& x, Next next, Pass& pass) const;

  Linear& base;
  const bool of_input;
  Parameter scale;  // l [in] or [out]
};

class Ia3 : public Modifier {
 public:
  explicit Ia3(Ia3Options options);
  std::string kind() const override { return "ia3"; }
  Value options() const override;
  void attach(Model& model, uint64_t seed) override;
  void detach(Model& model) override;
  /// W' = diag(l) W and b' = l ⊙ b, or W' = W diag(l).
  bool merge(Model& model) override;
  void unmerge(Model& model) override;
  bool merged() const override { return !merged_.empty(); }
  int64_t expected_size(Model& model) const override;  ///< Σ out, or in where inputs are scaled
  const std::vector<std::unique_ptr<Ia3Scale>>& scales() const { return scales_; }

 private:
  bool scales_input(const Linear& base) const;
  Ia3Options options_;
  std::vector<std::unique_ptr<Ia3Scale>> scales_;
  MergedLeaves merged_;
};

}  // namespace espalier
