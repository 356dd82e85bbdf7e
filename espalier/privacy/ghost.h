// Ghost norms: the squared norm of each example's gradient from one backward pass, without per-example gradients.
//   linear: ‖Gᵢᵀ Aᵢ‖² = Σ (Aᵢ Aᵢᵀ) ⊙ (Gᵢ Gᵢᵀ)      Goodfellow 2015; Li et al. 2022, 4; for rows of example i
// Where a parameter is read several times in a pass (tied tables, shared factors) or through an edit, the square of the sum
// is not the sum of the squares: there the per-example gradient is materialised.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "espalier/nn/parameter.h"
#include "espalier/nn/recorder.h"

namespace espalier {

class GhostNorms : public Recorder {
 public:
  /// Only these parameters count; all must be trained.
  explicit GhostNorms(std::span<Parameter* const> parameters);

  bool wants_gradient(const Primitive& primitive) override;
  void backward(const Primitive& primitive, const Tensor& gradient) override;

  /// After the backward of the *sum* of per-example losses: [B] squared norms over all parameters, in double. Parameters that
  /// were read once cost what their primitive costs; the others their own size for each example.
  Tensor squared_norms(int64_t examples);

 private:
  struct Read {
    Primitive primitive;
    Tensor gradient;
  };
  bool counts(const Parameter* parameter) const;
  std::map<const Parameter*, std::vector<Read>> reads_;
};

}  // namespace espalier
