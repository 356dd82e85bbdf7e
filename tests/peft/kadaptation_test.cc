// KAdaptation's counts on the shape of CLIP's ViT-B/32, its two starts, what it shares, and what it refuses.
#include "espalier/peft/kadaptation.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"
#include "tests/support/plain_bert.h"
#include "tests/support/tiny_bert.h"

namespace espalier {
namespace {

Kadaptation& attach(Model& model, KadaptationOptions options) {
  return dynamic_cast<Kadaptation&>(model.attach(std::make_unique<Kadaptation>(std::move(options)), 1));
}

TEST(Kadaptation, CountsThoseOfThePaper) {
  const auto model = make_model(support::tiny_config(768, 12, 12), "base");  // query and value of 12 blocks of width 768
  EXPECT_EQ(Kadaptation({}).expected_size(*model), 50176);
  EXPECT_EQ(Kadaptation({.bias = "none"}).expected_size(*model), 50176 - 12 * 768);
  EXPECT_EQ(Kadaptation({.slow_rank = 0, .bias = "none"}).expected_size(*model), 24 * 1536 + 2 * 32 * 32 * 32);
  const int64_t classes = 1151;  // of the 20 data sets together; each head is 512 wide with a bias
  EXPECT_EQ(50176 + (513 * classes + 10) / 20, 79699);
}

std::map<std::string, double> slopes(Model& model, Kadaptation& method) {
  for (Parameter* p : method.parameters()) p->train(true);
  Pass pass;
  torch::autograd::backward({model(support::random_batch({5, 3, 2}), pass).square().sum()}, {});
  std::map<std::string, double> largest;
  for (Parameter* p : method.parameters()) {
    const std::string& path = p->path();
    std::string part = path.substr(path.rfind('.') + 1);
    if (path.find("slow.") != std::string::npos) part = "slow";
    largest[part] = std::max(largest[part], p->leaf().grad().abs().max().item<double>());
    at::NoGradGuard no_gradient;
    p->leaf().sub_(1e-3 * p->leaf().grad());
    p->leaf().mutable_grad().reset();
  }
  return largest;
}

TEST(Kadaptation, LearnsFromTheStartAndTheAuthorsStartDoesNot) {
  const auto model = support::tiny_bert(support::classes(3));
  Kadaptation& ours = attach(*model, {.divisions = 4});
  const auto first = slopes(*model, ours);
  EXPECT_GT(first.at("right"), 0);
  EXPECT_GT(first.at("shift"), 0);
  EXPECT_EQ(first.at("left"), 0);
  EXPECT_EQ(first.at("slow"), 0);
  const auto second = slopes(*model, ours);
  EXPECT_GT(second.at("left"), 0);
  EXPECT_GT(second.at("slow"), 0);
  model->detach("kadaptation");

  Kadaptation& theirs = attach(*model, {.divisions = 4, .init = "zero_both"});
  for (int step = 0; step < 10; ++step) {
    const auto largest = slopes(*model, theirs);
    EXPECT_GT(largest.at("shift"), 0);
    EXPECT_EQ(largest.at("left") + largest.at("right") + largest.at("slow"), 0) << step;
  }
}

TEST(Kadaptation, LayersOfOneKindShareTheirSlowFactors) {
  const auto model = support::tiny_bert(support::classes(3));
  Kadaptation& method = attach(*model, {.divisions = 2});
  support::scramble(method);
  Pass pass;
  std::vector<Tensor> before;
  for (const KroneckerUpdate* place : method.places()) before.push_back(place->matrix(pass));
  Parameter& slow = *method.slow("query").left;
  slow.set(slow.leaf() + 1);
  for (size_t i = 0; i < before.size(); ++i) {
    const KroneckerUpdate& place = *method.places()[i];
    EXPECT_EQ(support::apart(place.matrix(pass), before[i]) > 0, place.base.path().ends_with("query")) << place.base.path();
  }
}

TEST(Kadaptation, ExamplesDoNotMix) {
  const auto model = support::tiny_bert(support::classes(3));
  support::scramble(attach(*model, {.divisions = 3}));
  const Batch both = support::random_batch({4, 3});
  Batch alone = both;
  alone.frame = make_frame({4});
  alone.ids = both.ids.narrow(0, 0, 4);
  alone.segments = both.segments.narrow(0, 0, 4);
  alone.examples = {0};
  EXPECT_LT(support::apart(support::logits_of(*model, alone)[0], support::logits_of(*model, both)[0]), 1e-12);
}

TEST(Kadaptation, WhatDoesNotFitIsRefused) {
  const auto model = support::tiny_bert(support::classes(3));
  support::expect_error(ErrorKind::usage, [&] { attach(*model, {}); },
                        {"'kadaptation'", "encoder.0.attention.query", "which 32 does not divide", "encoder.1.attention.value"});
  support::expect_error(ErrorKind::usage, [&] { attach(*model, {.divisions = 1}); }, {"one outer product", "lora"});
  Kadaptation& method = attach(*model, {.sites = "*.*.ffn.down", .divisions = 1, .rank = 2});
  EXPECT_EQ(method.places().size(), 2u);
}

}  // namespace
}  // namespace espalier
