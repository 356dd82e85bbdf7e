// DSEE's update: counts, where its sparse numbers stand, starts, files, refusals.
#include "espalier/peft/dsee.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "tests/support/files.h"
#include "tests/support/plain_bert.h"
#include "tests/support/tiny_bert.h"

namespace espalier {
namespace {

Dsee& attach(Model& model, DseeOptions options, uint64_t seed = 1) {
  return dynamic_cast<Dsee&>(model.attach(std::make_unique<Dsee>(std::move(options)), seed));
}

TEST(Dsee, CountsThoseOfThePaper) {
  const auto model = make_model(support::tiny_config(768, 12, 12), "base");
  const auto size = [&](int64_t r, int64_t n) { return Dsee({.rank = r, .entries = n}).expected_size(*model); };
  EXPECT_EQ(size(16, 0), 589824);
  EXPECT_EQ(size(16, 16), 590208);
  EXPECT_EQ(size(16, 64), 591360);
  EXPECT_EQ(size(16, 128), 592896);
  EXPECT_EQ(size(8, 64), 296448);
  EXPECT_EQ(size(4, 128), 24 * (4 * 1536 + 128));
}

bool ascending(const Tensor& places) {
  const int64_t n = places.numel();
  return (places.narrow(0, 1, n - 1) - places.narrow(0, 0, n - 1)).min().item<int64_t>() > 0;
}

TEST(Dsee, PlacesAreOrderedAndOfTheSeed) {
  const auto model = support::tiny_bert(support::classes(3));
  const auto places = [&](const std::string& how, uint64_t seed) {
    Dsee& dsee = attach(*model, {.rank = 2, .entries = 9, .positions = how}, seed);
    std::vector<Tensor> found;
    for (const DseePair* pair : dsee.pairs()) {
      EXPECT_EQ(pair->places().numel(), 9) << how;
      EXPECT_TRUE(ascending(pair->places())) << how;
      found.push_back(pair->places());
    }
    model->detach("dsee");
    return at::stack(found);
  };
  for (const char* how : {"decomposition", "random", "magnitude", "gradient"}) {
    EXPECT_TRUE(places(how, 1).equal(places(how, 1))) << how;
  }
  EXPECT_FALSE(places("random", 1).equal(places("random", 2)));
  EXPECT_FALSE(places("random", 1).equal(places("decomposition", 1)));
  const Tensor w = model->parameter_at("encoder.0.attention.query.weight").leaf();
  const Tensor largest = std::get<0>(w.abs().flatten().topk(9));
  EXPECT_EQ(w.flatten().index_select(0, places("magnitude", 1)[0]).abs().min().item<double>(), largest[8].item<double>());
}

TEST(Dsee, TheDecompositionFindsPlantedNumbers) {
  const auto model = support::tiny_bert(support::classes(2), support::tiny_config(256, 4, 1));
  Parameter& weight = model->parameter_at("encoder.0.attention.query.weight");
  RandomStream draw(5);
  const auto normal = [&](int64_t rows, int64_t columns, double deviation) {
    Tensor t = at::empty({rows, columns}, at::kDouble);
    for (int64_t i = 0; i < t.numel(); ++i) t.data_ptr<double>()[i] = deviation * draw.normal();
    return t;
  };
  Tensor w = at::matmul(normal(256, 8, 0.2), normal(8, 256, 0.2)) + normal(256, 256, 0.04);
  std::set<int64_t> planted;
  while (planted.size() < 64) {
    const auto at_place = int64_t(draw.below(256 * 256));
    if (!planted.insert(at_place).second) continue;
    w.view(-1)[at_place] += (draw.bits() % 2 == 0 ? 1 : -1) * (0.5 + 0.5 * draw.uniform());
  }
  weight.set(w);
  const Dsee& dsee = attach(*model, {.sites = "encoder.0.attention.query", .rank = 16, .entries = 64});
  const Tensor places = dsee.pairs()[0]->places();
  int64_t found = 0;
  for (int64_t i = 0; i < 64; ++i) found += planted.contains(places[i].item<int64_t>()) ? 1 : 0;
  EXPECT_GE(found, 61);  // the specification's 0.95
}

TEST(Dsee, GradientPlacesAreWhereTheLossIsSteepest) {
  const auto model = support::tiny_bert(support::classes(3));
  const Batch batch = support::random_batch({5, 4, 3});
  Dsee& dsee = attach(*model, {.rank = 2, .entries = 5, .positions = "gradient"});
  EXPECT_GT(dsee.wants_examples(), 0);
  const Sample sample(1, [&](int64_t, Pass& pass) { return at::cross_entropy_loss((*model)(batch, pass), batch.classes); });
  Parameter& weight = dsee.pairs()[0]->base.weight();
  const Tensor leaf = weight.leaf();
  dsee.prepare(*model, sample);
  EXPECT_TRUE(weight.leaf().is_same(leaf));
  EXPECT_FALSE(weight.trained());
  weight.set(leaf.clone());
  weight.train(true);
  Pass pass;
  torch::autograd::backward({at::cross_entropy_loss((*model)(batch, pass), batch.classes)}, {});
  const Tensor steepest = std::get<1>(weight.leaf().grad().abs().flatten().topk(5));
  EXPECT_TRUE(std::get<0>(steepest.sort()).equal(dsee.pairs()[0]->places()));
}

TEST(Dsee, TheReferenceStartIsNearTheBaseAndNotIt) {
  const auto model = support::tiny_bert(support::classes(2), support::tiny_config(256, 4, 1));
  Dsee& dsee = attach(*model, {.rank = 16, .alpha = 32, .entries = 0, .init = "reference"});
  Pass pass;
  const double deviation = dsee.pairs()[0]->matrix(pass).std().item<double>();
  EXPECT_NEAR(deviation, 2 * 0.02 * 0.02 * std::sqrt(16.0), 0.05 * 0.0032);
  EXPECT_FALSE(dsee.starts_as_base());
}

TEST(Dsee, PlacesThatDoNotFitAreRefused) {
  const auto model = support::tiny_bert(support::classes(3));
  Dsee& dsee = attach(*model, {.rank = 2, .entries = 4});
  auto kept = dsee.kept();
  ASSERT_EQ(kept.size(), 4u);
  kept.begin()->second = at::full({4}, 144, at::kLong);
  support::expect_error(ErrorKind::data, [&] { dsee.restore_kept(kept); }, {"encoder.0.attention.query.places", "below 144"});
  kept.erase(kept.begin());
  support::expect_error(ErrorKind::data, [&] { dsee.restore_kept(kept); }, {"missing"});
}

TEST(Dsee, WhatCannotBeDecomposedIsRefused) {
  const auto model = support::tiny_bert(support::classes(3));
  // U V reaches the whole width, so that S is empty: the authors' loop would take every number.
  support::expect_error(ErrorKind::numeric, [&] { attach(*model, {.entries = 4, .positions = "reference"}); },
                        {"encoder.0.attention.query", "leaves 0 numbers", "4 entries"});
  support::expect_error(ErrorKind::usage, [&] { attach(*model, {.entries = 145}); }, {"holds 144 numbers", "145 entries"});
  support::expect_error(ErrorKind::usage, [&] { attach(*model, {.rank = 0, .entries = 0}); }, {"trains nothing"});
  support::expect_error(ErrorKind::usage, [&] { attach(*model, {.rank = 0}); }, {"decomposition_rank"});
}

}  // namespace
}  // namespace espalier
