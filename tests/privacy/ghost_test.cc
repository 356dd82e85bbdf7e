// Ghost norms against a loop of single examples, for every primitive, tied tables and masked weights.
#include <gtest/gtest.h>

#include "espalier/privacy/ghost.h"
#include "espalier/pruning/mask.h"
#include "tests/support/single_example.h"
#include "tests/support/tiny_bert.h"

namespace espalier {
namespace {

Tensor summed_loss(Model& model, const Batch& batch, Pass& pass) {
  const Tensor out = model(batch, pass);
  const bool tokens = model.head()->options().kind == HeadKind::masked_lm;
  return at::cross_entropy_loss(out, tokens ? batch.ids : batch.classes, {}, at::Reduction::Sum);
}

void expect_equal_to_loop(Model& model, const std::vector<Parameter*>& trained) {
  const Batch batch = support::random_batch({5, 5, 3, 1});
  for (Parameter* p : trained) p->train(true);
  GhostNorms ghost(trained);
  Pass pass;
  pass.recorder = &ghost;
  torch::autograd::backward({summed_loss(model, batch, pass)}, {});
  const Tensor norms = ghost.squared_norms(4);
  for (int64_t i = 0; i < 4; ++i) {
    for (Parameter* p : trained) p->leaf().mutable_grad().reset();
    Pass single;
    torch::autograd::backward({summed_loss(model, support::single_example(batch, i), single)}, {});
    double expected = 0;
    for (Parameter* p : trained) {
      if (p->leaf().grad().defined()) expected += p->leaf().grad().square().sum().item<double>();
    }
    EXPECT_NEAR(norms[i].item<double>(), expected, 1e-10 * expected) << i;  // double, sums of some thousand squares
    EXPECT_GT(expected, 0);
  }
}

TEST(GhostNorms, EqualALoopOverAllParameters) {
  const auto model = support::tiny_bert(support::classes(3));
  expect_equal_to_loop(*model, model->base_parameters());
}

TEST(GhostNorms, EqualALoopWhereTheTokenTableIsTied) {
  const auto model = support::tiny_bert({.kind = HeadKind::masked_lm});
  expect_equal_to_loop(*model, model->base_parameters());
}

TEST(GhostNorms, EqualALoopThroughAMask) {
  const auto model = support::tiny_bert(support::classes(3));
  model->attach(std::make_unique<Mask>(MaskOptions{}), 1);
  expect_equal_to_loop(*model, model->parameters("encoder.*.ffn.*.weight"));
}

}  // namespace
}  // namespace espalier
