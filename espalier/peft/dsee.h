// DSEE's update: y = W x + s (B A + S) x, S sparse: N trained numbers at places that are fixed before the first step; s = α / r.
// Chen et al. 2023, 3.2. A ~ N(0, 0.02²), B = 0, S = 0. Where S stands, in each weight apart:
//   decomposition  the N largest |S| of W ≈ U V + S, U V of at most `decomposition_rank` (peft/low_rank_sparse.h)
//   reference      the same by the authors' loop, whose U V reaches rank 496
//   magnitude      the N largest |W|;  gradient  the N largest |dL/dW|;  random
// The paper's S has no scale, the authors' code gives it s: `entry_scale`. Their run begins with all three at N(0, 0.02²), since
// their loader never calls their zeroing: `init = "reference"`. Nothing of S beside its N numbers is stored.
#pragma once

#include <string>
#include <vector>

#include "espalier/base/fields.h"
#include "espalier/peft/linear_updates.h"

namespace espalier {

struct DseeOptions {
  std::string name = "dsee";
  std::string sites = "*.*.attention.{query,value}";
  int64_t rank = 8;  // 0 = S alone
  double alpha = 16;
  int64_t entries = 64;
  std::string positions = "decomposition";
  int64_t decomposition_rank = 0;  // 0 = rank
  double threshold = 0.01;
  std::string entry_scale = "lora";
  std::string init = "zero";
  void fields(Fields& f);
};

class DseePair : public LinearUpdate {
 public:
  DseePair(Module& parent, Linear& base, const DseeOptions& options);
  Tensor matrix(Pass& pass) const override;
  /// places [N]: row · in + column of each number, ascending.
  void place(const Tensor& places);
  const Tensor& places() const { return places_; }

  std::unique_ptr<Linear> down, up;   // A [r, in] and B [out, r]; null where r = 0
  std::unique_ptr<Parameter> values;  // [N]; null where N = 0

 protected:
  Tensor update(const Tensor& x, Pass& pass) const override;

 private:
  const double scale_, entry_scale_;
  Tensor places_, rows_, columns_;
};

class Dsee : public LinearUpdates {
 public:
  explicit Dsee(DseeOptions options);
  std::string kind() const override { return "dsee"; }
  Value options() const override;
  void attach(Model& model, uint64_t seed) override;
  bool starts_as_base() const override { return options_.init == "zero"; }
  int64_t wants_examples() const override;
  /// Puts S where the sum of the sample's gradients is largest.
  void prepare(Model& model, const Sample& sample) override;
  std::map<std::string, Tensor> kept() const override;  ///< "dsee/encoder.0.attention.query.places" [N]
  void restore_kept(const std::map<std::string, Tensor>& tensors) override;
  int64_t expected_size(Model& model) const override;  ///< Σ r (in + out) + N
  const std::vector<DseePair*>& pairs() const { return pairs_; }

 private:
  std::vector<Linear*> bases(Model& model) const;
  Tensor choose(const DseePair& pair, uint64_t seed) const;
  DseeOptions options_;
  std::vector<DseePair*> pairs_;
};

}  // namespace espalier
