#include "espalier/pruning/mask.h"

#include <gtest/gtest.h>

#include "espalier/models/model.h"
#include "tests/support/tiny_bert.h"

namespace espalier {
namespace {

TEST(KeepLargest, DropsExactlyTheSmallestAndBreaksTiesByIndex) {
  const Tensor scores = at::tensor({3.0, 1.0, 1.0, 2.0, 1.0});
  EXPECT_TRUE(keep_largest(scores, 0.4).equal(at::tensor({1, 0, 0, 1, 1}).to(at::kBool)));
  EXPECT_EQ(keep_largest(at::arange(100), 0.29).sum().item<int64_t>(), 71);
  EXPECT_TRUE(keep_largest(scores, 0).all().item<bool>());
  EXPECT_FALSE(keep_largest(scores, 1).any().item<bool>());
}

TEST(Mask, ZeroesMergesAndRestoresBitForBit) {
  const auto model = support::tiny_bert(support::classes(3));
  const Batch batch = support::random_batch({4, 3});
  auto logits = [&] {
    at::NoGradGuard no_gradient;
    Pass pass;
    return (*model)(batch, pass);
  };
  const Tensor before = logits(), leaf = model->parameter_at("encoder.0.ffn.up.weight").leaf().clone();
  model->attach(std::make_unique<Mask>(MaskOptions{}), 1);
  const Tensor masked = logits();
  EXPECT_FALSE(masked.equal(before));
  ASSERT_TRUE(model->modifier("mask")->merge(*model));
  EXPECT_TRUE(logits().equal(masked));
  EXPECT_EQ((model->parameter_at("encoder.0.ffn.up.weight").leaf() == 0).sum().item<int64_t>(), leaf.numel() / 2);
  model->detach("mask");
  EXPECT_TRUE(logits().equal(before));
  EXPECT_TRUE(model->parameter_at("encoder.0.ffn.up.weight").leaf().equal(leaf));
}

}  // namespace
}  // namespace espalier
