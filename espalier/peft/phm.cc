#include "espalier/peft/phm.h"

#include <cmath>

#include "espalier/nn/init.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

// The products of the factors are thin, so that an operation of theirs costs more than one of a large product.
constexpr int64_t kThinness = 4;

}  // namespace

PhmLinear::PhmLinear(Module& parent, std::string_view name, int64_t in, int64_t out, PhmShape shape, Parameter* rule)
    : Module(parent, name), in_(in), out_(out), shape_(shape), rule_(rule), bias_(*this, "bias", {out}) {
  const int64_t n = shape.divisions, r = shape.rank;
  if (rule == nullptr && n > 1) {
    own_rule_ = std::make_unique<Parameter>(*this, "rule", std::vector<int64_t>{n, n, n});
    rule_ = own_rule_.get();
  }
  if (r > 0) {
    left_ = std::make_unique<Parameter>(*this, "left", std::vector<int64_t>{n, in / n, r});
    right_ = std::make_unique<Parameter>(*this, "right", std::vector<int64_t>{n, r, out / n});
  } else {
    whole_ = std::make_unique<Parameter>(*this, "whole", std::vector<int64_t>{n, in / n, out / n});
  }
}

bool PhmLinear::factors_are_cheaper(int64_t rows) const {
  const int64_t n = shape_.divisions, r = shape_.rank;
  if (r == 0) return false;
  return kThinness * rows * r * (n * in_ + n * n * n + n * out_) < (rows + n) * in_ * out_;
}

Tensor PhmLinear::matrix(Pass& pass) const {
  const Tensor b = whole_ ? (*whole_)(pass) : at::bmm((*left_)(pass), (*right_)(pass));  // [n, in/n, out/n]
  if (rule_ == nullptr) return b.select(0, 0);
  return at::einsum("iac,ipq->apcq", {(*rule_)(pass), b}).reshape({in_, out_});
}

Tensor PhmLinear::by_factors(const Tensor& x, Pass& pass) const {
  const int64_t n = shape_.divisions, r = shape_.rank, rows = x.size(0);
  const Tensor s = (*left_)(pass), t = (*right_)(pass);
  if (rule_ == nullptr) return at::matmul(at::matmul(x, s.select(0, 0)), t.select(0, 0));
  // [N, a, p] s_i [p, k] -> [N, a, (i, k)]
  const Tensor thin = at::matmul(x.reshape({rows, n, in_ / n}), s.permute({1, 0, 2}).reshape({in_ / n, n * r}));
  const Tensor mixed = at::einsum("naik,iac->ncik", {thin.view({rows, n, n, r}), (*rule_)(pass)});
  return at::matmul(mixed.reshape({rows, n, n * r}), t.reshape({n * r, out_ / n})).reshape({rows, out_});
}

Tensor PhmLinear::operator()(const Tensor& x, Pass& pass) const {
  const Tensor y = factors_are_cheaper(x.size(0)) ? by_factors(x, pass) : at::matmul(x, matrix(pass));
  return y + bias_(pass);
}

void PhmLinear::start(const std::string& factors, double deviation, uint64_t seed, at::ScalarType type) {
  init::constant(bias_, 0, type);
  for (Parameter* p : {left_.get(), right_.get(), whole_.get()}) {
    if (p == nullptr) continue;
    const auto sides = double(p->shape()[1] + p->shape()[2]);
    if (factors == "glorot_uniform") {
      init::uniform(*p, std::sqrt(2.0) * std::sqrt(6 / sides), seed, type);
    } else {
      init::normal(*p, factors == "glorot_normal" ? std::sqrt(2.0) * std::sqrt(2 / sides) : deviation, seed, type);
    }
  }
}

int64_t phm_size(int64_t in, int64_t out, PhmShape shape, bool own_rule) {
  const int64_t n = shape.divisions;
  return (shape.rank > 0 ? shape.rank * (in + out) : in * out / n) + out + (own_rule && n > 1 ? n * n * n : 0);
}

}  // namespace espalier
