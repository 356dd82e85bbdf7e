#include "espalier/peft/diff_pruning.h"

#include <cmath>

#include "espalier/base/error.h"
#include "espalier/base/seed.h"
#include "espalier/models/model.h"
#include "espalier/nn/init.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

/// ln u - ln(1 - u) for each number.
Tensor logistic_noise(const Parameter& like, uint64_t key) {
  RandomStream draw(key);
  Tensor noise = at::empty(like.shape(), at::kDouble);
  double* data = noise.data_ptr<double>();
  for (int64_t i = 0; i < noise.numel(); ++i) {
    const double u = draw.uniform() * (1 - 0x1p-40) + 0x1p-41;  // inside (0, 1)
    data[i] = std::log(u) - std::log1p(-u);
  }
  return noise.to(like.leaf().scalar_type());
}

}  // namespace

void DiffPruningOptions::fields(Fields& f) {
  f("name", name).help("its name among the attached methods");
  f("on", on).help("pattern of the base's parameters that move");
  f("penalty", penalty).at_least(0).help("lambda, of the expected number of open gates");
  f("start", start).help("a, where the gates begin");
  f("low", low).below(0).help("l, of the stretched gate");
  f("high", high).above(0).help("h, of the stretched gate; l + h decides where a gate of a = 0 stands");
  f("structured", structured).help("one more gate for each tensor");
}

DiffPruning::DiffPruning(DiffPruningOptions options) : ParameterUpdates(options.name), options_(std::move(options)) {
  if (options_.high < 1)
    throw usage_error("'{}': high = {}; a gate that cannot reach 1 shrinks what it lets through", name(), options_.high);
}

Value DiffPruning::options() const { return write_options(options_); }

Tensor DiffPruning::gate_values(const Parameter& logits, Pass& pass) const {
  Tensor a = logits(pass);
  if (pass.train) a = a + logistic_noise(logits, pass.draw(logits.path()));
  return at::clamp(at::sigmoid(a) * (options_.high - options_.low) + options_.low, 0, 1);
}

void DiffPruning::attach(Model& model, uint64_t) {
  for (Parameter* base : chosen(model, options_.on)) {
    Diff diff;
    const auto made = [&](const char* part, std::vector<int64_t> shape, double value) {
      auto p = std::make_unique<Parameter>(*this, base->path() + "." + part, std::move(shape));
      init::constant(*p, value, model.dtype());
      return p;
    };
    diff.delta = made("delta", base->shape(), 0);
    diff.gates = made("gates", base->shape(), options_.start);
    if (options_.structured) diff.gate = made("gate", {1}, options_.start);
    const size_t at = diffs_.size();
    diffs_.push_back(std::move(diff));
    add(*base, [this, at](Pass& pass) {
      const Diff& own = diffs_[at];
      const Tensor moved = (*own.delta)(pass)*gate_values(*own.gates, pass);
      return own.gate ? moved * gate_values(*own.gate, pass) : moved;
    });
  }
}

Tensor DiffPruning::penalty() const {
  if (options_.penalty == 0 || merged() || !enabled()) return Tensor();
  const double shift = std::log(-options_.low / options_.high);
  Pass pass;
  Tensor sum;
  for (const Diff& diff : diffs_) {
    Tensor open = at::sigmoid((*diff.gates)(pass)-shift);
    if (diff.gate) open = open * at::sigmoid((*diff.gate)(pass)-shift);
    sum = sum.defined() ? sum + open.sum() : open.sum();
  }
  return sum.defined() ? sum * options_.penalty : sum;
}

int64_t DiffPruning::open() const {
  at::NoGradGuard no_gradient;
  Pass pass;
  int64_t open = 0;
  for (const Diff& diff : diffs_) {
    Tensor gates = gate_values(*diff.gates, pass);
    if (diff.gate) gates = gates * gate_values(*diff.gate, pass);
    open += at::count_nonzero(gates).item<int64_t>();
  }
  return open;
}

int64_t DiffPruning::expected_size(Model& model) const {
  int64_t size = 0;
  for (const Parameter* p : chosen(model, options_.on)) size += 2 * p->size() + (options_.structured ? 1 : 0);
  return size;
}

}  // namespace espalier
