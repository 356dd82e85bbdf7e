#include "espalier/nn/init.h"

#include <cmath>

#include "espalier/base/seed.h"
#include "espalier/nn/tensor.h"

namespace espalier::init {
namespace {

template <class Draw>
void fill(Parameter& parameter, uint64_t seed, at::ScalarType type, Draw draw) {
  RandomStream stream(derive_key(seed, parameter.path()));
  Tensor values = at::empty(parameter.shape(), at::kDouble);
  double* data = values.data_ptr<double>();
  for (int64_t i = 0; i < values.numel(); ++i) data[i] = draw(stream);
  parameter.set(values.to(type));
}

}  // namespace

void constant(Parameter& parameter, double value, at::ScalarType type) {
  parameter.set(at::full(parameter.shape(), value, type));
}

void normal(Parameter& parameter, double deviation, uint64_t seed, at::ScalarType type) {
  fill(parameter, seed, type, [&](RandomStream& s) { return deviation * s.normal(); });
}

void uniform(Parameter& parameter, double bound, uint64_t seed, at::ScalarType type) {
  fill(parameter, seed, type, [&](RandomStream& s) { return bound * (2 * s.uniform() - 1); });
}

void kaiming_uniform(Parameter& parameter, uint64_t seed, at::ScalarType type) {
  uniform(parameter, 1 / std::sqrt(double(parameter.shape().back())), seed, type);
}

}  // namespace espalier::init
