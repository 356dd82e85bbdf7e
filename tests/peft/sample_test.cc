// A sample's gradients and curvature against closed formulas and differences; asking leaves everything as it was.
#include "espalier/models/sample.h"

#include <gtest/gtest.h>

#include "espalier/peft/adapter.h"
#include "tests/support/plain_bert.h"
#include "tests/support/tiny_bert.h"

namespace espalier {
namespace {

TEST(Sample, OfAQuadraticItIsTheClosedFormula) {
  Module root("root");
  Parameter w(root, "w", {6}), unused(root, "unused", {2});
  init::normal(w, 1, 1, at::kDouble);
  init::normal(unused, 1, 2, at::kDouble);
  Parameter a(root, "a", {6, 6}), b(root, "b", {6});
  init::normal(a, 1, 3, at::kDouble);
  init::normal(b, 1, 4, at::kDouble);
  const Tensor q = at::matmul(a.leaf(), a.leaf().t());
  // Two batches that sum to ½ wᵀ Q w + bᵀ w.
  const Sample sample(2, [&](int64_t batch, Pass& pass) {
    const Tensor x = w(pass);
    return batch == 0 ? 0.5 * at::dot(x, at::mv(q, x)) : at::dot(b.leaf(), x);
  });
  const std::vector<Parameter*> pool = {&w, &unused};
  const Tensor leaf = w.leaf();
  const std::vector<Tensor> g = sample.gradients(pool);
  EXPECT_LT(support::apart(g[0], at::mv(q, leaf) + b.leaf()), 1e-12);
  EXPECT_TRUE(g[1].eq(0).all().item<bool>());
  const std::vector<Tensor> hg = sample.curvature(pool, g);
  EXPECT_LT(support::apart(hg[0], at::mv(q, g[0])), 1e-10);
  EXPECT_TRUE(hg[1].eq(0).all().item<bool>());
  EXPECT_TRUE(w.leaf().is_same(leaf));
  EXPECT_FALSE(w.trained());
}

struct Adapted {
  std::unique_ptr<Model> model = support::tiny_bert(support::classes(3));
  Batch batch = support::random_batch({5, 4, 3});
  std::vector<Parameter*> pool;

  Adapted() {
    // A smooth activation, and up maps that are not zero.
    model->attach(std::make_unique<Adapter>(AdapterOptions{.nonlinearity = "gelu", .width = 3}), 1);
    support::scramble(*model->modifiers()[0]);
    pool = model->parameters("adapter/**.{down,up}.weight");
  }
  Sample sample() {
    return Sample(1, [this](int64_t, Pass& pass) { return at::cross_entropy_loss((*model)(batch, pass), batch.classes); });
  }
  void move(const std::vector<Tensor>& along, double by) {
    for (size_t i = 0; i < pool.size(); ++i) pool[i]->set(pool[i]->leaf() + by * along[i]);
  }
};

TEST(Sample, CurvatureIsTheDifferenceOfGradients) {
  Adapted a;
  const std::vector<Tensor> g = a.sample().gradients(a.pool), hg = a.sample().curvature(a.pool, g);
  const double h = 1e-4;
  a.move(g, h);
  const std::vector<Tensor> above = a.sample().gradients(a.pool);
  a.move(g, -2 * h);
  const std::vector<Tensor> below = a.sample().gradients(a.pool);
  for (size_t i = 0; i < g.size(); ++i) {
    // Off by h² of a third derivative near 1, and by rounding / h.
    EXPECT_LT(support::apart((above[i] - below[i]) / (2 * h), hg[i]), 1e-6) << a.pool[i]->path();
  }
}

TEST(Sample, AskingLeavesTrainedNumbersAndTheirGradientsAlone) {
  Adapted a;
  for (Parameter* p : a.pool) p->train(true);
  a.pool[0]->leaf().mutable_grad() = at::ones_like(a.pool[0]->leaf().detach());
  const Tensor leaf = a.pool[0]->leaf();
  const std::vector<Tensor> g = a.sample().gradients(a.pool);
  a.sample().curvature(a.pool, g);
  EXPECT_TRUE(a.pool[0]->leaf().is_same(leaf));
  EXPECT_TRUE(a.pool[0]->trained());
  EXPECT_TRUE(leaf.grad().eq(1).all().item<bool>());
  EXPECT_FALSE(a.pool[1]->leaf().grad().defined());
}

}  // namespace
}  // namespace espalier
