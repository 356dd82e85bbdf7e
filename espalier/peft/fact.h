// FacT: y = W x + s V Drop(S_tᵀ U x) for each of the d × d slices t of all linear layers; U [r, d] and V [d, r] are the
// network's.
//   tt  the cores S_t are free, [r, r] each                  (tensor train)
//   tk  S_t = Σ_k P[k, t] C[:, :, k], C [r, r, r], P [r, T]  (Tucker)
// Jie and Deng 2023. Rows [g d, (g+1) d) of a map that widens and columns of one that narrows are slices; V = 0 at the start.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "espalier/base/fields.h"
#include "espalier/nn/drop.h"
#include "espalier/peft/linear_updates.h"

namespace espalier {

struct FactOptions {
  std::string name = "fact";
  std::string form = "tt";
  std::string sites = "*.*.{attention,cross}.{query,key,value,output}, *.*.ffn.{up,gate,down}";
  int64_t rank = 16;
  double scale = 1;
  double dropout = 0.1;
  std::string layout = "paper";
  void fields(Fields& f);
};

/// U, V and, of Tucker, C and P: what all slices share.
struct FactBank {
  FactBank(Module& owner, const FactOptions& options, int64_t width, int64_t slices);
  Parameter input;                        // U [r, d]
  Parameter output;                       // V [d, r]
  std::unique_ptr<Parameter> core, rows;  // C [r, r, r] and P [r, T]; null in a tensor train
};

/// The slices of one linear layer.
class FactSlices : public LinearUpdate {
 public:
  /// `first`: the index t of its first slice.
  FactSlices(Module& parent, Linear& base, const FactBank& bank, const FactOptions& options, int64_t first);
  Tensor cores(Pass& pass) const;  ///< S_t of its slices, [slices, r, r], the first axis of each the input's
  Tensor matrix(Pass& pass) const override;
  bool widens() const { return base.out() > base.in(); }
  int64_t slices() const { return slices_; }

  Drop drop;
  std::unique_ptr<Parameter> own;  // S_t of a tensor train

 protected:
  Tensor update(const Tensor& x, Pass& pass) const override;

 private:
  const FactBank& bank_;
  const int64_t rank_, width_, first_, slices_;
  const double scale_;
  const bool reference_;
};

class Fact : public LinearUpdates {
 public:
  explicit Fact(FactOptions options);
  std::string kind() const override { return "fact"; }
  Value options() const override;
  /// Refuses a layer that does not fall into d × d slices, an unsupported Error that names all of them.
  void attach(Model& model, uint64_t seed) override;
  /// 2 d r + T r², or 2 d r + T r + r³, T the number of slices.
  int64_t expected_size(Model& model) const override;
  const FactBank& bank() const { return *bank_; }
  const std::vector<FactSlices*>& places() const { return places_; }

 private:
  std::vector<Linear*> bases(Model& model) const;
  FactOptions options_;
  std::unique_ptr<FactBank> bank_;
  std::vector<FactSlices*> places_;
};

}  // namespace espalier
