// Recorder: told of every primitive that reads a parameter, forwards and backwards, and of every site that runs. Per-example
// gradient norms, multiply-add counts, statistics and profiles all hang on this one seam.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "espalier/nn/frame.h"

namespace espalier {

class Parameter;
class Site;
struct Pass;

enum class PrimitiveKind : uint8_t {
  linear,  ///< y = x Wᵀ + b;              x [N, in], W [out, in], b [out]
  norm,    ///< y = norm(x) ⊙ w + b;       input is norm(x) [N, D]
  lookup,  ///< y = W[ids];                input is ids [N]
  scale,   ///< y = x ⊙ s;                 x [N, D], s [D] or [1]
  spread,  ///< y = the parameter's rows once for each example: [B·P, D]
};

struct Primitive {
  PrimitiveKind kind;
  const Parameter* weight = nullptr;
  const Parameter* bias = nullptr;     ///< linear and norm only
  Tensor input;                        ///< see PrimitiveKind
  std::shared_ptr<const Frame> frame;  ///< which rows belong to which example
  int64_t multiply_adds = 0;           ///< of the forward product
};

class Recorder {
 public:
  virtual ~Recorder() = default;
  /// Called before the primitive's output is used further.
  virtual void forward(const Primitive&, Pass&) {}
  /// Whether backward() should be called for this primitive; asked once, in the forward.
  virtual bool wants_gradient(const Primitive&) { return false; }
  /// gradient: dL/dy, of the output's shape.
  virtual void backward(const Primitive&, const Tensor& gradient) { (void)gradient; }
  /// False: only counts and times are taken. Primitive::input is then left out where it would be computed for the recorder alone
  /// (norm), and no fused kernel is given up.
  virtual bool wants_values() const { return true; }

  /// A site's map from x begins, all wraps included; sites nest.
  virtual void enter(const Site&, const Tensor& x, Pass&) { (void)x; }
  /// It has given y.
  virtual void leave(const Site&, const Tensor& y, Pass&) { (void)y; }
};

}  // namespace espalier
