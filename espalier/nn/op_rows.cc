// The primitives that are not products: norm, lookup, scale, spread.
#include "espalier/nn/kernels/join_norm.h"
#include "espalier/nn/op.h"
#include "espalier/nn/op_fused.h"
#include "espalier/nn/op_record.h"

namespace espalier::op {

namespace {

void record_norm(const Tensor& x, const Parameter& weight, const Parameter& bias, double epsilon, const Tensor& y, Pass& pass) {
  if (pass.recorder == nullptr) return;
  const bool wanted = pass.recorder->wants_values();
  const Tensor unit = wanted ? at::layer_norm(x, {x.size(-1)}, {}, {}, epsilon).detach() : Tensor();
  record({PrimitiveKind::norm, &weight, &bias, unit, nullptr, 0}, y, pass);
}

}  // namespace

Tensor layer_norm(const Tensor& x, const Parameter& weight, const Parameter& bias, double epsilon, Pass& pass) {
  Tensor y = fused(x, pass) && x.dim() == 2 ? kernels::join_norm(x, Tensor(), weight(pass), bias(pass), epsilon, {})
                                            : at::layer_norm(x, {x.size(-1)}, weight(pass), bias(pass), epsilon);
  record_norm(x, weight, bias, epsilon, y, pass);
  return y;
}

Tensor join_norm(const Tensor& branch, const Tensor& stream, const Parameter& weight, const Parameter& bias, double epsilon,
                 double drop, uint64_t key, Pass& pass) {
  if (!fused(branch, pass)) {
    return layer_norm(dropout(branch, drop, key, pass) + stream, weight, bias, epsilon, pass);
  }
  Tensor sum;
  const kernels::Keep keep = kernels::make_keep(pass.train ? drop : 0, key);
  Tensor y = kernels::join_norm(branch, stream, weight(pass), bias(pass), epsilon, keep, &sum);
  record_norm(sum, weight, bias, epsilon, y, pass);
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
