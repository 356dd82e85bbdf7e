// FacT's counts on the shape of ViT-B/16, what it shares, and what it refuses.
#include "espalier/peft/fact.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"
#include "tests/support/plain_bert.h"
#include "tests/support/tiny_bert.h"

namespace espalier {
namespace {

nlohmann::json shape(int64_t width, int64_t heads, int64_t layers, int64_t inner) {
  nlohmann::json config = support::tiny_config(width, heads, layers);
  config["intermediate_size"] = inner;
  return config;
}

int64_t size(Model& model, const std::string& form, int64_t rank) {
  return Fact({.form = form, .rank = rank}).expected_size(model);
}

TEST(Fact, CountsThoseOfThePaperOnTheShapeOfVitB16) {
  const auto model = make_model(shape(768, 12, 12, 3072), "base");  // 144 slices of 768 by 768, as ViT-B/16
  EXPECT_EQ(size(*model, "tt", 4), 8448);
  EXPECT_EQ(size(*model, "tt", 8), 21504);
  EXPECT_EQ(size(*model, "tt", 16), 61440);
  EXPECT_EQ(size(*model, "tt", 32), 196608);
  EXPECT_EQ(size(*model, "tk", 4), 6784);
  EXPECT_EQ(size(*model, "tk", 8), 13952);
  EXPECT_EQ(size(*model, "tk", 16), 30976);
  EXPECT_EQ(size(*model, "tk", 32), 86528);
  EXPECT_EQ((13 * size(*model, "tk", 32) + 6 * size(*model, "tk", 16)) / 19, 68985);  // the paper's 0.069 M, over 19 tasks
}

TEST(Fact, UpdatesLieInTheSpansOfUAndV) {
  const auto model = support::tiny_bert(support::classes(3), shape(8, 2, 2, 16));
  for (const std::string form : {"tt", "tk"}) {
    auto& fact =
        dynamic_cast<Fact&>(model->attach(std::make_unique<Fact>(FactOptions{.name = form, .form = form, .rank = 2}), 1));
    support::scramble(fact);
    Pass pass;
    const Tensor u = fact.bank().input.leaf(), v = fact.bank().output.leaf();
    const Tensor rows = at::matmul(at::linalg_pinv(u), u), columns = at::matmul(v, at::linalg_pinv(v));
    for (const FactSlices* place : fact.places()) {
      const Tensor delta = place->matrix(pass);
      const std::vector<Tensor> slices = delta.split(8, delta.size(0) > 8 ? 0 : 1);
      ASSERT_EQ(int64_t(slices.size()), place->slices());
      for (const Tensor& slice : slices) {
        EXPECT_LT(at::linalg_svdvals(slice)[2].item<double>(), 1e-12);  // of rank 2; double, numbers near 1
        EXPECT_LT(support::apart(at::matmul(columns, at::matmul(slice, rows)), slice), 1e-12);
      }
    }
  }
}

TEST(Fact, ATrainOfTuckersCoresIsTucker) {
  const auto model = support::tiny_bert(support::classes(3), shape(8, 2, 2, 32));
  const auto attach = [&](const char* form) -> Fact& {
    return dynamic_cast<Fact&>(model->attach(std::make_unique<Fact>(FactOptions{.name = form, .form = form, .rank = 3}), 1));
  };
  Fact &train = attach("tt"), &tucker = attach("tk");
  support::scramble(tucker);
  model->parameter_at("tt/input").set(tucker.bank().input.leaf());
  model->parameter_at("tt/output").set(tucker.bank().output.leaf());
  Pass pass;
  for (size_t i = 0; i < train.places().size(); ++i) train.places()[i]->own->set(tucker.places()[i]->cores(pass).contiguous());
  const Batch batch = support::random_batch({4, 3});
  tucker.enable(false);
  const Tensor of_train = support::logits_of(*model, batch);
  tucker.enable(true);
  train.enable(false);
  EXPECT_LT(support::apart(support::logits_of(*model, batch), of_train), 1e-12);
}

TEST(Fact, OnlyVHasAGradientAtTheStart) {
  const auto model = support::tiny_bert(support::classes(3), shape(8, 2, 1, 16));
  for (const char* form : {"tt", "tk"}) {
    Modifier& fact = model->attach(std::make_unique<Fact>(FactOptions{.name = form, .form = form, .rank = 2}), 1);
    for (Parameter* p : fact.parameters()) p->train(true);
    Pass pass;
    torch::autograd::backward({(*model)(support::random_batch({4, 3}), pass).square().sum()}, {});
    for (const Parameter* p : fact.parameters()) {
      EXPECT_EQ(p->leaf().grad().abs().max().item<double>() > 0, p->path().ends_with("output")) << p->path();
    }
    model->detach(form);
  }
}

TEST(Fact, WhatIsNoWholeSliceIsRefusedByName) {
  const auto model = support::tiny_bert(support::classes(3));  // its feed-forward is 25 wide, its width 12
  support::expect_error(ErrorKind::unsupported, [&] { model->attach(std::make_unique<Fact>(FactOptions{}), 1); },
                        {"'fact'", "12 by 12", "encoder.0.ffn.up: is [25, 12]", "encoder.1.ffn.down: is [12, 25]"});
  const FactOptions wide{.sites = "*.*.attention.query", .rank = 13};
  support::expect_error(ErrorKind::usage, [&] { model->attach(std::make_unique<Fact>(wide), 1); }, {"rank = 13", "12"});
  EXPECT_TRUE(model->modifiers().empty());
}

}  // namespace
}  // namespace espalier
