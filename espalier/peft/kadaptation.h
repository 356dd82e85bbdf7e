// KAdaptation: y = W x + κ Hᵀ x + β, H = Σᵢ Aᵢ ⊗ Bᵢ with Aᵢ = lᵢ mᵢᵀ and Bᵢ = uᵢ vᵢᵀ, so that
// H = D E with D = [lᵢ ⊗ uᵢ] and E = [mᵢ ⊗ vᵢ]ᵀ: a LoRA whose factors are Kronecker products.   He et al. 2023
// All blocks share the Aᵢ of one kind of layer ("slow"); uᵢ, vᵢ belong to the layer ("fast"); one β serves the layers of a
// branch. The authors' code begins with u = v = 0, where no gradient but that of β ever differs from zero; we draw u, and `init =
// "zero_both"` does as they do. Their code also adds the query's H to the value, mixes tokens and images when it splits heads,
// and adds after the scaling of the query; we follow the equation.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "espalier/base/fields.h"
#include "espalier/peft/linear_updates.h"

namespace espalier {

struct KadaptationOptions {
  std::string name = "kadaptation";
  std::string sites = "*.*.attention.{query,value}";
  int64_t divisions = 32;
  int64_t rank = 1;
  int64_t slow_rank = 1;  // 0 = A whole
  double scale = 160;
  std::string bias = "branch";
  std::string init = "fast";
  void fields(Fields& f);
};

/// The Aᵢ that all layers of one kind share.
struct SlowFactors {
  SlowFactors(Module& owner, const std::string& kind, int64_t divisions, int64_t rank);
  std::unique_ptr<Parameter> left, right;  // l [n, n, s] and m [n, s, n]; null where A is whole
  std::unique_ptr<Parameter> whole;        // A [n, n, n]
};

class KroneckerUpdate : public LinearUpdate {
 public:
  KroneckerUpdate(Module& parent, Linear& base, const KadaptationOptions& options, const SlowFactors& slow,
                  const Parameter* shift);
  Tensor down(Pass& pass) const;   ///< D [in, n s r]; not where A is whole
  Tensor up(Pass& pass) const;     ///< E [n s r, out]
  Tensor whole(Pass& pass) const;  ///< H [in, out]
  Tensor matrix(Pass& pass) const override;
  const Parameter* shift() const override { return shift_; }

 private:
  const int64_t n_, in_, out_;

 public:
  Parameter left, right;  // u [n, in/n, r] and v [n, r, out/n]

 protected:
  Tensor update(const Tensor& x, Pass& pass) const override;

 private:
  const double scale_;
  const SlowFactors& slow_;
  const Parameter* shift_;
};

class Kadaptation : public LinearUpdates {
 public:
  explicit Kadaptation(KadaptationOptions options);
  std::string kind() const override { return "kadaptation"; }
  Value options() const override;
  void attach(Model& model, uint64_t seed) override;
  /// Σ r (in + out), 2 n² s (or n³) for each kind of layer, and out for each β.
  int64_t expected_size(Model& model) const override;
  const std::vector<KroneckerUpdate*>& places() const { return places_; }
  const SlowFactors& slow(const std::string& kind) const { return *slow_.at(kind); }  ///< "query"

 private:
  std::vector<Linear*> bases(Model& model) const;
  std::string shift_place(const Linear& base) const;  ///< "" without a β
  KadaptationOptions options_;
  std::map<std::string, std::unique_ptr<SlowFactors>> slow_;
  std::map<std::string, std::unique_ptr<Parameter>> shifts_;
  std::vector<KroneckerUpdate*> places_;
};

}  // namespace espalier
