// The primitives that are not products: norm, lookup, scale, spread.
#include "espalier/nn/op.h"
#include "espalier/nn/op_record.h"

namespace espalier::op {

Tensor layer_norm(const Tensor& x, const Parameter& weight, const Parameter& bias, double epsilon, Pass& pass) {
  const int64_t width = x.size(-1);
  Tensor y = at::layer_norm(x, {width}, weight(pass), bias(pass), epsilon);
  if (pass.recorder != nullptr) {
    record({PrimitiveKind::norm, &weight, &bias, at::layer_norm(x, {width}, {}, {}, epsilon).detach(), nullptr, 0}, y, pass);
  }
  return y;
}

Tensor lookup(const Tensor& ids, const Parameter& weight, Pass& pass) {
  Tensor y = at::embedding(weight(pass), ids);
  record({PrimitiveKind::lookup, &weight, nullptr, ids, nullptr, 0}, y, pass);
  return y;
}

Tensor scale(const Tensor& x, const Parameter& s, Pass& pass) {
  Tensor y = x * s(pass);
  record({PrimitiveKind::scale, &s, nullptr, x, nullptr, 0}, y, pass);
  return y;
}

Tensor spread(const Parameter& rows, Pass& pass) {
  Tensor y = rows(pass).repeat({pass.frame->examples(), 1});
  record({PrimitiveKind::spread, &rows, nullptr, Tensor(), nullptr, 0}, y, pass);
  return y;
}

}  // namespace espalier::op
