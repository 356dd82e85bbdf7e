// Diff pruning: the law of its gates, its penalty, counts and refusals.
#include "espalier/peft/diff_pruning.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/files.h"
#include "tests/support/plain_bert.h"
#include "tests/support/tiny_bert.h"

namespace espalier {
namespace {

constexpr const char* kOne = "encoder.0.attention.query.weight";

DiffPruning& attach(Model& model, DiffPruningOptions options) {
  return dynamic_cast<DiffPruning&>(model.attach(std::make_unique<DiffPruning>(std::move(options)), 1));
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// What a δ of 1 adds where both gates stand at `a`.
double let_through(Model& model, double a) {
  DiffPruning& method = attach(model, {.on = kOne, .start = a});
  Parameter& delta = model.parameter_at(std::string("diff_pruning/") + kOne + ".delta");
  delta.set(at::ones_like(delta.leaf()));
  Pass pass;
  Parameter& weight = model.parameter_at(kOne);
  const double added = (weight(pass) - weight.leaf())[0][0].item<double>();
  EXPECT_EQ(method.open(), added > 1e-12 ? 144 : 0);
  model.detach("diff_pruning");
  return added;
}

TEST(DiffPruning, GatesFollowTheStretchedLaw) {
  const auto model = support::tiny_bert(support::classes(3));
  EXPECT_NEAR(let_through(*model, 5), 1, 1e-14);
  EXPECT_NEAR(let_through(*model, -5), 0, 1e-14);
  const double z = sigmoid(0.4) * 3 - 1.5;
  EXPECT_NEAR(let_through(*model, 0.4), z * z, 1e-14);
}

TEST(DiffPruning, DrawnGatesHaveTheLawsShareOfClosedOnes) {
  const auto model = support::tiny_bert(support::classes(3), support::tiny_config(96, 3, 1));
  attach(*model, {.on = kOne, .start = 0.3, .structured = false});
  Parameter& delta = model->parameter_at(std::string("diff_pruning/") + kOne + ".delta");
  delta.set(at::ones_like(delta.leaf()));
  Parameter& weight = model->parameter_at(kOne);
  Pass pass;
  pass.train = true;
  const auto n = double(weight.size());
  const double closed = ((weight(pass) - weight.leaf()).abs() < 1e-12).sum().item<double>() / n;
  // P(z = 0) = 1 - σ(a - ln(-l / h)); l = -h, so the logarithm is 0. Five standard deviations.
  const double p = 1 - sigmoid(0.3);
  EXPECT_NEAR(closed, p, 5 * std::sqrt(p * (1 - p) / n));
  const Tensor first = weight(pass);
  EXPECT_FALSE(first.equal(weight(pass)));  // the next use draws anew
}

TEST(DiffPruning, ThePenaltyIsTheExpectedNumberOfOpenGates) {
  const auto model = support::tiny_bert(support::classes(3));
  DiffPruning& method = attach(*model, {.on = kOne, .penalty = 0.25, .start = 0.7, .low = -0.5, .high = 1.25});
  const double open = sigmoid(0.7 - std::log(0.5 / 1.25));
  EXPECT_NEAR(method.penalty().item<double>(), 0.25 * 144 * open * open, 1e-12);
  method.enable(false);
  EXPECT_FALSE(method.penalty().defined());
  model->detach("diff_pruning");
  EXPECT_FALSE(attach(*model, {.penalty = 0}).penalty().defined());
}

TEST(DiffPruning, CountsADifferenceAndAGateForEachNumber) {
  const auto model = make_model(support::tiny_config(768, 12, 12), "base");
  const std::string on = "encoder.*.attention.query.weight";
  EXPECT_EQ(DiffPruning({.on = on}).expected_size(*model), 12 * (2 * 768 * 768 + 1));
  EXPECT_EQ(DiffPruning({.on = on, .structured = false}).expected_size(*model), 12 * 2 * 768 * 768);
}

TEST(DiffPruning, AGateThatNeverOpensWhollyIsRefused) {
  support::expect_error(ErrorKind::usage, [] { DiffPruning({.high = 0.9}); }, {"'diff_pruning'", "high = 0.9"});
}

}  // namespace
}  // namespace espalier
