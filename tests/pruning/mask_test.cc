// Masks: over the base, and over an adapter's own weights (SparseAdapter): scores, rounds, what is never masked, files.
#include "espalier/pruning/mask.h"

#include <gtest/gtest.h>

#include <cmath>

#include "espalier/models/model.h"
#include "tests/support/files.h"
#include "tests/support/tiny_bert.h"

namespace espalier {
namespace {

struct Masked {
  std::unique_ptr<Model> model = support::tiny_bert(support::classes(3));
  Batch batch = support::random_batch({5, 4, 3});

  Tensor logits() {
    at::NoGradGuard no_gradient;
    Pass pass;
    return (*model)(batch, pass);
  }
  Sample sample() {
    return Sample(1, [this](int64_t, Pass& pass) { return at::cross_entropy_loss((*model)(batch, pass), batch.classes); });
  }
  Mask& attach(MaskOptions options, uint64_t seed = 1) {
    auto& mask = dynamic_cast<Mask&>(model->attach(std::make_unique<Mask>(std::move(options)), seed));
    if (mask.wants_examples() > 0) mask.prepare(*model, sample());
    return mask;
  }
};

constexpr const char* kFfn = "encoder.*.ffn.{up,down}.weight";

TEST(Mask, ZeroesMergesAndRestoresBitForBit) {
  Masked m;
  const Tensor before = m.logits(), leaf = m.model->parameter_at("encoder.0.ffn.up.weight").leaf().clone();
  m.attach({});
  const Tensor masked = m.logits();
  EXPECT_FALSE(masked.equal(before));
  ASSERT_TRUE(m.model->modifier("mask")->merge(*m.model));
  EXPECT_TRUE(m.logits().equal(masked));
  EXPECT_EQ((m.model->parameter_at("encoder.0.ffn.up.weight").leaf() == 0).sum().item<int64_t>(), leaf.numel() / 2);
  m.model->detach("mask");
  EXPECT_TRUE(m.logits().equal(before));
  EXPECT_TRUE(m.model->parameter_at("encoder.0.ffn.up.weight").leaf().equal(leaf));
}

TEST(Mask, SnipIsWhatTheLossFeelsOfEachMask) {
  Masked m;
  const std::vector<Parameter*> pool = m.model->parameters(kFfn);
  const Sample sample = m.sample();
  const Tensor score = scores().find("snip").make(Value(Value::Object{}), "score")->of(pool, 1, &sample)[0];
  // dL / dM at M = 1 by central differences of one number's own factor; off by h² of a third derivative.
  const Tensor start = pool[0]->leaf();
  const auto loss = [&](int64_t i, double factor) {
    Tensor moved = start.clone();
    moved.view(-1)[i] *= factor;
    pool[0]->set(moved);
    at::NoGradGuard no_gradient;
    Pass pass;
    return at::cross_entropy_loss((*m.model)(m.batch, pass), m.batch.classes).item<double>();
  };
  const double h = 1e-4;
  for (const int64_t i : {0, 7, 100, 299}) {
    const double slope = (loss(i, 1 + h) - loss(i, 1 - h)) / (2 * h);
    EXPECT_NEAR(score.view(-1)[i].item<double>(), std::abs(slope), 1e-7) << i;
  }
  pool[0]->set(start);
}

TEST(Mask, GraspsLeastRaiseTheGradientsNormMost) {
  Masked m;
  const std::vector<Parameter*> pool = m.model->parameters("encoder.1.ffn.down.weight");
  const Sample sample = m.sample();
  const Tensor score = scores().find("grasp").make(Value(Value::Object{}), "score")->of(pool, 1, &sample)[0];
  const Tensor start = pool[0]->leaf();
  const auto norm = [&](int64_t i, double factor) {
    Tensor moved = start.clone();
    moved.view(-1)[i] *= factor;
    pool[0]->set(moved);
    return sample.gradients(pool)[0].square().sum().item<double>();
  };
  const double h = 1e-4;
  for (const int64_t i : {0, 11, 150}) {
    // Shrinking one number by 1 - e changes |g|² by -2 e w (H g).
    const double slope = (norm(i, 1 - h) - norm(i, 1 + h)) / (2 * h);
    EXPECT_NEAR(slope, -2 * score.view(-1)[i].item<double>(), 1e-6) << i;
  }
}

TEST(Mask, EveryScoreAndScopeKeepsItsShareAndIsOfTheSeed) {
  for (const std::string score : {"random", "magnitude", "er", "erk", "snip", "grasp"}) {
    for (const std::string scope : {"global", "layer"}) {
      const auto chosen = [&](uint64_t seed) {
        Masked m;
        const Mask& mask = m.attach({.on = kFfn, .prune_fraction = 0.4, .score = score, .scope = scope}, seed);
        EXPECT_NEAR(double(mask.pruned()), 0.4 * double(mask.size()), 4) << score << " " << scope;
        return mask.kept();
      };
      const auto first = chosen(1), again = chosen(1), other = chosen(2);
      bool same = true, differs = false;
      for (const auto& [path, bits] : first) {
        same = same && bits.equal(again.at(path));
        differs = differs || !bits.equal(other.at(path));
      }
      EXPECT_TRUE(same) << score << " " << scope;
      EXPECT_EQ(differs, score == "random" || score == "er" || score == "erk") << score << " " << scope;
    }
  }
}

TEST(Mask, RoundsAreMonotoneUnlessTheyMayRegrow) {
  for (const std::string schedule : {"exponential", "linear"}) {
    Masked one, three;
    const Mask& once = one.attach({.on = kFfn, .prune_fraction = 0.6, .score = "snip", .scope = "global"});
    const Mask& often = three.attach(
        {.on = kFfn, .prune_fraction = 0.6, .score = "snip", .scope = "global", .rounds = 3, .round_schedule = schedule});
    EXPECT_EQ(once.pruned(), often.pruned()) << schedule;
    Masked half;
    const double first = schedule == "linear" ? 0.2 : 1 - std::cbrt(0.4);
    const Mask& earlier = half.attach({.on = kFfn, .prune_fraction = first, .score = "snip", .scope = "global"});
    for (const Parameter* p : earlier.pool()) {
      const Tensor late = often.mask_of(three.model->parameter_at(p->path()));
      EXPECT_FALSE(late.logical_and(earlier.mask_of(*p).logical_not()).any().item<bool>()) << p->path();
    }
  }
}

TEST(Mask, WhatIsPrunedHasNoGradientAndStaysZero) {
  Masked m;
  const Mask& mask = m.attach({.on = kFfn, .prune_fraction = 0.5, .score = "random", .scope = "global"});
  for (Parameter* p : mask.pool()) p->train(true);
  Pass pass;
  torch::autograd::backward({at::cross_entropy_loss((*m.model)(m.batch, pass), m.batch.classes)}, {});
  for (const Parameter* p : mask.pool()) {
    const Tensor gone = mask.mask_of(*p).logical_not();
    EXPECT_TRUE(p->leaf().grad().masked_select(gone).eq(0).all().item<bool>()) << p->path();
    EXPECT_TRUE((*p)(pass).masked_select(gone).eq(0).all().item<bool>()) << p->path();
  }
}

TEST(Mask, SurvivesAFile) {
  Masked m;
  const Mask& mask = m.attach({.on = kFfn, .prune_fraction = 0.7, .score = "snip", .scope = "global"});
  const Tensor masked = m.logits();
  Masked again;
  auto& other = dynamic_cast<Mask&>(again.model->attach(std::make_unique<Mask>(mask.settings()), 9));
  EXPECT_TRUE(other.kept().empty());
  other.restore_kept(mask.kept());
  EXPECT_TRUE(again.logits().equal(masked));
  EXPECT_EQ(other.pruned(), mask.pruned());
  support::expect_error(ErrorKind::data, [&] { other.restore_kept({}); },
                        {"the mask is missing", "mask/encoder.0.ffn.up.weight.kept"});
}

TEST(Mask, KeepingAllIsTheModelItself) {
  Masked m;
  const Tensor before = m.logits();
  const Mask& mask = m.attach({.keep = 1, .score = "snip"});
  EXPECT_EQ(mask.wants_examples(), 0);
  EXPECT_TRUE(m.logits().equal(before));
}

TEST(Mask, WhatCannotBeChosenIsRefused) {
  Masked m;
  m.model->parameter_at("encoder.0.ffn.up.weight").set(at::zeros({25, 12}, at::kDouble));
  support::expect_error(ErrorKind::usage, [&] { m.attach({.on = kFfn, .prune_fraction = 0.2, .scope = "global"}); },
                        {"scores are equal", "random"});
  Masked n;
  support::expect_error(ErrorKind::usage, [&] { n.attach({.on = "encoder.0.ffn.up.{weight,bias}", .group = "row"}); },
                        {"encoder.0.ffn.up.bias", "1 extents", "no rows"});
  Tensor leaf = n.model->parameter_at("encoder.0.ffn.up.weight").leaf();
  leaf[0][0] = NAN;
  support::expect_error(ErrorKind::numeric, [&] { n.attach({.on = kFfn}); }, {"encoder.0.ffn.up.weight", "not all finite"});
}

}  // namespace
}  // namespace espalier
