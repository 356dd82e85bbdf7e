// Intrinsic dimension: the random map's size and memory, what moves with it, counts and refusals.
#include "espalier/peft/intrinsic.h"

#include <gtest/gtest.h>

#include "espalier/base/seed.h"
#include "tests/support/files.h"
#include "tests/support/plain_bert.h"
#include "tests/support/tiny_bert.h"

namespace espalier {
namespace {

Intrinsic& attach(Model& model, IntrinsicOptions options, uint64_t seed = 1) {
  return dynamic_cast<Intrinsic&>(model.attach(std::make_unique<Intrinsic>(std::move(options)), seed));
}

TEST(Fastfood, KeepsLengthsAndIsLinear) {
  const Fastfood map(5000, derive_key(1, "map"), at::kDouble);
  RandomStream draw(3);
  const auto vector = [&] {
    Tensor v = at::empty({100}, at::kDouble);
    for (int64_t i = 0; i < 100; ++i) v.data_ptr<double>()[i] = draw.normal();
    return v;
  };
  for (int i = 0; i < 5; ++i) {
    const Tensor a = vector(), b = vector();
    const double ratio = (map(a).norm() / a.norm()).item<double>();
    EXPECT_GT(ratio, 0.9);
    EXPECT_LT(ratio, 1.1);
    EXPECT_LT(support::apart(map(a + 2 * b), map(a) + 2 * map(b)), 1e-13);
  }
  EXPECT_TRUE(map(at::zeros({100}, at::kDouble)).eq(0).all().item<bool>());
}

TEST(Walsh, IsItsOwnInverseAndTranspose) {
  RandomStream draw(4);
  Tensor x = at::empty({64}, at::kDouble), y = at::empty({64}, at::kDouble);
  for (int64_t i = 0; i < 64; ++i) x.data_ptr<double>()[i] = draw.normal(), y.data_ptr<double>()[i] = draw.normal();
  EXPECT_LT(support::apart(walsh(walsh(x)), 64 * x), 1e-12);
  x.requires_grad_(true);
  torch::autograd::backward({(walsh(x) * y).sum()}, {});
  EXPECT_LT(support::apart(x.grad(), walsh(y)), 1e-12);
}

TEST(Intrinsic, EveryTensorMovesInTheOneSubspace) {
  const auto model = support::tiny_bert(support::classes(3));
  const Batch batch = support::random_batch({5, 4});
  Intrinsic& method = attach(*model, {.dimension = 90});
  const auto tensors = int64_t(method.projections().size());
  EXPECT_EQ(method.vector().size() + tensors, 90);
  EXPECT_EQ(method.expected_size(*model), 90);
  support::scramble(method);
  std::map<std::string, Tensor> leaves;
  int64_t i = 0;
  Pass pass;
  model->backbone().each_parameter([&](Parameter& p) {
    const Tensor step = method.projections()[size_t(i)](method.vector().leaf()).view(p.shape()) * method.scales()->leaf()[i];
    leaves[p.path()] = p.leaf();
    EXPECT_LT(support::apart(p(pass), p.leaf() + step), 1e-14) << p.path();
    ++i;
  });
  EXPECT_EQ(i, tensors);
  const Tensor forward = support::logits_of(*model, batch);
  method.merge(*model);
  EXPECT_LT(support::apart(support::logits_of(*model, batch), forward), 1e-12);
  method.unmerge(*model);
  for (const auto& [path, leaf] : leaves) EXPECT_TRUE(model->parameter_at(path).leaf().is_same(leaf)) << path;
}

TEST(Intrinsic, TheSubspaceIsThatOfItsSeedWhateverTheRunOrTheName) {
  const auto model = support::tiny_bert(support::classes(3));
  const auto step = [&](const std::string& name, int64_t projection, uint64_t seed) {
    Intrinsic& method = attach(*model, {.name = name, .form = "did", .dimension = 7, .projection_seed = projection}, seed);
    const Tensor moved = method.projections()[0](at::ones({7}, at::kDouble));
    model->detach(name);
    return moved;
  };
  EXPECT_TRUE(step("one", 1, 1).equal(step("two", 1, 2)));
  EXPECT_FALSE(step("one", 1, 1).equal(step("one", 2, 1)));
}

TEST(Intrinsic, AMaskOfTheBaseWorksOnTheSum) {
  const auto model = support::tiny_bert(support::classes(3));
  Parameter& weight = model->parameter_at("encoder.0.attention.query.weight");
  const Hook half = weight.edit(EditOrder::mask, "half", [](const Tensor& value, Pass&) { return value * 0.5; });
  Intrinsic& method = attach(*model, {.form = "did", .dimension = 7});
  support::scramble(method);
  Pass pass;
  const Tensor before = weight(pass);
  method.merge(*model);
  EXPECT_LT(support::apart(weight(pass), before), 1e-14);
  EXPECT_LT(support::apart(weight.leaf() * 0.5, before), 1e-14);
}

TEST(Intrinsic, TooFewDimensionsAreRefused) {
  const auto model = support::tiny_bert(support::classes(3));
  support::expect_error(ErrorKind::usage, [&] { attach(*model, {.dimension = 39}); }, {"dimension = 39", "more than 39", "did"});
  support::expect_error(ErrorKind::usage, [&] { attach(*model, {.on = "nothing"}); }, {"'nothing'", "no parameter of the base"});
}

}  // namespace
}  // namespace espalier
