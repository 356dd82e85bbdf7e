#include "espalier/base/error.h"
#include "espalier/nn/kernels/gelu.h"
#include "espalier/nn/op.h"
#include "espalier/nn/op_fused.h"

namespace espalier::op {

Tensor activate(const Tensor& x, Activation kind, Pass& pass) {
  switch (kind) {
    case Activation::gelu:
      return fused(x, pass) ? kernels::gelu(x, false) : at::gelu(x);
    case Activation::gelu_tanh:
      return fused(x, pass) ? kernels::gelu(x, true) : at::gelu(x, "tanh");
    case Activation::relu:
      return at::relu(x);
    case Activation::silu:
      return at::silu(x);
    case Activation::tanh:
      return at::tanh(x);
    case Activation::identity:
      return x;
  }
  throw bug_error("activation {} has no case", int(kind));
}

}  // namespace espalier::op
