// Training: a step moves only what the method names, its gradient is the loss's, and its per-example norms are those of a loop.
#include <set>

#include "espalier/privacy/ghost.h"
#include "tests/battery/cases.h"
#include "tests/support/single_example.h"

namespace espalier::battery {
namespace {

/// The case's method on its base as if trained for a while; what trains is marked, all else is frozen.
struct Trained {
  std::unique_ptr<Model> model;
  Modifier* modifier;
  std::vector<Parameter*> parameters;
};

Trained ready(const Case& c, const HeadOptions& head = support::classes(3)) {
  Trained t{base_model(c, head), nullptr, {}};
  t.modifier = &t.model->attach(make_modifier(c), 1);
  shake(*t.model, *t.modifier);
  t.model->freeze();
  t.parameters = trained(*t.model, *t.modifier);
  for (Parameter* p : t.parameters) p->train(true);
  return t;
}

TEST_P(Battery, AStepMovesOnlyItsOwn) {
  const Trained t = ready(GetParam());
  const std::set<Parameter*> own(t.parameters.begin(), t.parameters.end());
  std::vector<Parameter*> others = t.model->all_parameters();
  std::erase_if(others, [&](Parameter* p) { return own.contains(p); });
  const Leaves untouched = copied(others), moved = copied(t.parameters);
  torch::autograd::backward({loss(*t.model, batch())}, {});
  int64_t changed = 0;
  for (const auto& [p, before] : moved) {
    if (!p->leaf().grad().defined()) continue;
    at::NoGradGuard no_gradient;
    p->leaf().sub_(0.1 * p->leaf().grad());
    changed += p->leaf().equal(before) ? 0 : 1;
  }
  EXPECT_GT(changed, 0);
  for (Parameter* p : others) EXPECT_FALSE(p->leaf().grad().defined()) << p->path();
  expect_unchanged(untouched, "by a step");
}

/// Without the kink of a family's dense layer (DistilBERT's), over which no difference is a slope.
HeadOptions smooth_head(const std::string& family) {
  HeadOptions head = support::classes(3);
  const auto model = make_model(tiny_config(family), "tiny");
  const bool kinked = model->facts().head_dense && model->facts().head_dense->activation == Activation::relu;
  if (kinked) head.pooling = Pooling::first;
  return head;
}

TEST_P(Battery, GradientsMatchCentralDifferences) {
  const Trained t = ready(GetParam(), smooth_head(GetParam().family));
  const Batch rows = batch();
  torch::autograd::backward({loss(*t.model, rows)}, {});
  at::NoGradGuard no_gradient;
  for (Parameter* p : t.parameters) {
    if (!p->leaf().grad().defined()) continue;
    RandomStream draw(derive_key(5, p->path()));
    Tensor direction = at::empty(p->shape(), at::kDouble);
    for (int64_t i = 0; i < direction.numel(); ++i) direction.data_ptr<double>()[i] = draw.normal();
    direction /= direction.norm();
    const double slope = (p->leaf().grad() * direction).sum().item<double>();
    const Tensor start = p->leaf().clone();
    auto at_step = [&](double step) {
      p->leaf().copy_(start + step * direction);
      return loss(*t.model, rows).item<double>();
    };
    // Five points: (8 (L(h) - L(-h)) - L(2h) + L(-2h)) / 12h. With h = 1e-3 it is off by h^4 L'''''/30, some 1e-13 L''''', and by
    // the rounding of L, about 1e-15 each: 18e-15 / 12e-3 = 2e-12. The floor of 1e-10 leaves room for both where the slope is
    // zero, as that of a key's bias (the softmax does not feel it).
    const double h = 1e-3;
    const double difference = (8 * (at_step(h) - at_step(-h)) - at_step(2 * h) + at_step(-2 * h)) / (12 * h);
    p->leaf().copy_(start);
    EXPECT_NEAR(difference, slope, 1e-6 * std::abs(slope) + 1e-10) << p->path();
  }
}

TEST_P(Battery, PerExampleNormsEqualALoop) {
  const Trained t = ready(GetParam());
  if (t.modifier->per_example() == PerExample::loop) GTEST_SKIP() << "norms come from a loop already";
  const Batch rows = batch();
  GhostNorms ghost(t.parameters);
  Pass pass;
  pass.recorder = &ghost;
  const Tensor sum = at::cross_entropy_loss((*t.model)(rows, pass), rows.classes, {}, at::Reduction::Sum);
  torch::autograd::backward({sum}, {});
  const Tensor norms = ghost.squared_norms(rows.size());
  for (int64_t i = 0; i < rows.size(); ++i) {
    for (Parameter* p : t.parameters) p->leaf().mutable_grad().reset();
    torch::autograd::backward({loss(*t.model, support::single_example(rows, i))}, {});
    double expected = 0;
    for (Parameter* p : t.parameters) {
      if (p->leaf().grad().defined()) expected += p->leaf().grad().square().sum().item<double>();
    }
    EXPECT_GT(expected, 0);
    EXPECT_NEAR(norms[i].item<double>(), expected, 1e-10 * expected) << i;  // double, sums of some thousand squares
  }
}

}  // namespace
}  // namespace espalier::battery
