#include "espalier/train/optimizers/adamw.h"

#include <cmath>

namespace espalier {
namespace {

struct Factors {
  double shrink, beta1, beta2, rate, root_c2, epsilon;
};

/// One pass over memory: adapters are many tiny tensors, for which a call of ATen costs more than the arithmetic.
template <class T>
[[gnu::optimize("O3")]] void update_flat(T* w, const T* g, T* m, T* v, int64_t begin, int64_t end, const Factors& f) {
  const T shrink = T(f.shrink), b1 = T(f.beta1), b2 = T(f.beta2), a1 = T(1 - f.beta1), a2 = T(1 - f.beta2);
  const T rate = T(f.rate), root_c2 = T(f.root_c2), epsilon = T(f.epsilon);
  for (int64_t i = begin; i < end; ++i) {
    m[i] = b1 * m[i] + a1 * g[i];
    v[i] = b2 * v[i] + a2 * g[i] * g[i];
    w[i] = w[i] * shrink - rate * m[i] / (std::sqrt(v[i]) / root_c2 + epsilon);
  }
}

bool flat(const Tensor& t) {
  return t.is_cpu() && t.is_contiguous() && (t.scalar_type() == at::kFloat || t.scalar_type() == at::kDouble);
}

constexpr int64_t kGrain = 1 << 15;

}  // namespace

void AdamW::prepare(Slot& slot) const {
  for (const char* name : {"exp_avg", "exp_avg_sq"}) slot.state[name] = at::zeros_like(slot.parameter->leaf());
}

void AdamW::update(Slot& slot, const Tensor& gradient, double learning_rate) {
  Tensor& w = slot.parameter->leaf();
  Tensor &m = slot.state["exp_avg"], &v = slot.state["exp_avg_sq"];
  const double c1 = 1 - std::pow(options_.beta1, double(slot.step)), c2 = 1 - std::pow(options_.beta2, double(slot.step));
  const Factors f{
      1 - learning_rate * slot.decay, options_.beta1, options_.beta2, learning_rate / c1, std::sqrt(c2), options_.epsilon};
  const Tensor g = gradient.contiguous();
  if (flat(w) && flat(g) && flat(m) && flat(v) && g.scalar_type() == w.scalar_type()) {
    const auto sweep = [&]<class T>(T) {
      T* wp = w.data_ptr<T>();
      T *mp = m.data_ptr<T>(), *vp = v.data_ptr<T>();
      const T* gp = g.const_data_ptr<T>();
      at::parallel_for(0, w.numel(), kGrain, [&](int64_t begin, int64_t end) { update_flat(wp, gp, mp, vp, begin, end, f); });
    };
    w.scalar_type() == at::kFloat ? sweep(float{}) : sweep(double{});
    w.unsafeGetTensorImpl()->bump_version();  // forms derived from the leaf must notice
    return;
  }
  m.lerp_(gradient, 1 - options_.beta1);
  v.mul_(options_.beta2).addcmul_(gradient, gradient, 1 - options_.beta2);
  w.mul_(f.shrink).addcdiv_(m, (v.sqrt() / f.root_c2).add_(options_.epsilon), -f.rate);
}

}  // namespace espalier
