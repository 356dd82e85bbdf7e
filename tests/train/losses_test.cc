// Objectives against torch's functions in double; plain gradients; clipping.
#include "espalier/io/json.h"
#include "espalier/train/clip.h"
#include "espalier/train/objectives/cross_entropy.h"
#include "espalier/train/objectives/regression.h"
#include "espalier/train/rules/plain.h"
#include "espalier/train/tensor_file.h"
#include "tests/support/files.h"
#include "tests/train/tiny.h"

namespace espalier {
namespace {

// Double against double; the losses are short sums of terms up to some hundred.
constexpr double kClose = 1e-12;

double distance(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>(); }

class LossOracle : public testing::Test {
 protected:
  LossOracle()
      : folder(fs::path(ESPALIER_TESTS_DIR) / "oracle" / "losses"),
        tensors(read_tensors(folder / "losses.safetensors")),
        cases(read_json(folder / "losses.json").at("cases")) {}

  /// sum / count and its gradient equal the reference's mean.
  void check(const std::string& name, const Objective& objective, const Batch& batch) {
    const Tensor logits = tensors.at(name + ".logits").clone();
    check(name, objective, batch, logits);
  }
  void check(const std::string& name, const Objective& objective, const Batch& batch, Tensor logits) {
    logits.requires_grad_(true);
    const Losses losses = objective.of(logits, batch);
    ASSERT_EQ(losses.sums.sizes(), losses.counts.sizes()) << name;
    const Tensor mean = losses.sums.sum() / losses.counts.sum();
    EXPECT_NEAR(mean.item<double>(), tensors.at(name + ".loss").item<double>(), kClose) << name;
    mean.backward();
    EXPECT_LT(distance(logits.grad().reshape(-1), tensors.at(name + ".grad").reshape(-1)), kClose) << name;
    if (tensors.contains(name + ".sum")) {
      EXPECT_NEAR(losses.sums.sum().item<double>(), tensors.at(name + ".sum").item<double>(), 1e-11) << name;
      EXPECT_NEAR(losses.counts.sum().item<double>(), tensors.at(name + ".count").item<double>(), kClose) << name;
    }
  }
  std::vector<double> weights(const std::string& name) {
    if (!tensors.contains(name + ".weights")) return {};
    const Tensor w = tensors.at(name + ".weights");
    return {w.const_data_ptr<double>(), w.const_data_ptr<double>() + w.numel()};
  }

  fs::path folder;
  NamedTensors tensors;
  nlohmann::json cases;
};

TEST_F(LossOracle, CrossEntropyOfExamplesAndOfTokens) {
  for (const auto& [name, about] : cases.items()) {
    const CrossEntropyOptions options{weights(name), about.at("label_smoothing").get<double>()};
    const Tensor labels = tensors.at(name + ".labels");
    Batch batch;
    batch.classes = batch.tokens = labels;
    batch.examples.resize(size_t(labels.numel()));
    check(name, CrossEntropy(options), batch);
    // The same rows as the tokens of two examples.
    batch.examples.resize(2);
    batch.frame = make_frame({2, labels.numel() - 2});
    check(name, TokenCrossEntropy(options), batch);
  }
}

TEST_F(LossOracle, RegressionAndLabels) {
  Batch batch;
  batch.values = tensors.at("mse.labels").unsqueeze(1);
  check("mse", SquaredError({}), batch, tensors.at("mse.logits").unsqueeze(1).clone());
  batch.values = tensors.at("mse_columns.labels");
  check("mse_columns", SquaredError({}), batch);
  batch.multi_hot = tensors.at("bce.labels");
  check("bce", BinaryCrossEntropy({}), batch);
  batch.multi_hot = tensors.at("bce_positive_weights.labels");
  check("bce_positive_weights", BinaryCrossEntropy({weights("bce_positive_weights")}), batch);
}

TEST(Objectives, TokensWithoutALabelAddNothing) {
  Batch batch;
  batch.tokens = at::tensor({-100, 1, -100, -100, 0}, at::kLong);
  batch.examples = {0, 1, 2};
  batch.frame = make_frame({2, 2, 1});
  const Tensor logits = at::randn({5, 2}, at::kDouble).requires_grad_(true);
  const Losses losses = TokenCrossEntropy({}).of(logits, batch);
  EXPECT_TRUE(at::equal(losses.counts, at::tensor({1.0, 0.0, 1.0}, at::kDouble)));
  EXPECT_EQ(losses.sums[1].item<double>(), 0);
  losses.sums.sum().backward();
  EXPECT_EQ(logits.grad()[0].abs().sum().item<double>(), 0);
}

TEST(Objectives, CosineScalesScores) {
  Batch batch;
  batch.values = at::tensor({0.0, 2.5, 5.0}, at::kDouble).unsqueeze(1);
  const Losses losses = CosineError({.low = 0, .high = 5}).of(at::tensor({0.25, 0.5, 0.0}, at::kDouble), batch);
  EXPECT_TRUE(at::allclose(losses.sums, at::tensor({0.0625, 0.0, 1.0}, at::kDouble)));
  support::expect_error(ErrorKind::usage, [] { CosineError({.low = 1, .high = 1}); }, {"objective.high"});
}

TEST(Objectives, WrongNumberOfWeightsIsNamed) {
  const CrossEntropyOptions options{.class_weights = {1, 2}};
  support::expect_error(ErrorKind::usage,
                        [&] {
                          cross_entropy_rows(at::zeros({2, 3}), at::zeros({2}, at::kLong), options);
                        },
                        {"2 class weights", "expected 3"});
}

TEST(Objectives, BalancedWeights) {
  const std::vector<int64_t> counts{2, 6, 0};
  const std::vector<double> expected{8.0 / 6, 8.0 / 18, 0};  // n / (C n_c)
  EXPECT_EQ(balanced_weights(counts), expected);
}

TEST(PlainRule, MicroBatchesEqualOneBatch) {
  const auto model = test::tiny_model();
  const std::vector<Parameter*> trained = test::train_all(*model);
  CrossEntropy objective({.class_weights = {1, 2, 0.5}});
  const auto gradients = [&](const std::vector<Batch>& batches) {
    const StepLoss loss = PlainRule().gradients(*model, objective, batches, Pass{}, trained);
    std::vector<Tensor> all;
    for (Parameter* parameter : trained) all.push_back(parameter->leaf().grad().clone());
    return std::pair(loss, all);
  };
  using test::tiny_batch;
  const auto [whole, expected] = gradients({tiny_batch({0, 1, 2, 3, 4, 5})});
  const auto [cut, found] = gradients({tiny_batch({4, 1}), tiny_batch({0}), tiny_batch({5, 3, 2})});
  EXPECT_NEAR(whole.mean(), cut.mean(), kClose);
  EXPECT_EQ(whole.examples, cut.examples);
  EXPECT_EQ(whole.tokens, cut.tokens);
  for (size_t i = 0; i < trained.size(); ++i) EXPECT_LT(distance(expected[i], found[i]), kClose) << trained[i]->path();
}

TEST(PlainRule, OnlyTheGivenParametersGetGradients) {
  const auto model = test::tiny_model();
  std::vector<Parameter*> trained = test::train_all(*model);
  Parameter* left_out = trained.back();
  trained.pop_back();
  CrossEntropy objective({});
  const std::vector<Batch> batches{test::tiny_batch({0, 1})};
  PlainRule().gradients(*model, objective, batches, Pass{}, trained);
  EXPECT_FALSE(left_out->leaf().grad().defined());
  EXPECT_TRUE(trained[0]->leaf().grad().defined());
}

TEST(Clip, GlobalNorm) {
  Module root{""};
  Parameter a(root, "a", {2}), b(root, "b", {1}), c(root, "c", {1});
  for (Parameter* p : {&a, &b, &c}) p->set(at::zeros(p->shape(), at::kDouble));
  a.leaf().mutable_grad() = at::tensor({3.0, 0.0}, at::kDouble);
  b.leaf().mutable_grad() = at::tensor({4.0}, at::kDouble);
  const std::vector<Parameter*> trained{&a, &b, &c};
  EXPECT_DOUBLE_EQ(clip_gradients(trained, 0), 5);
  EXPECT_DOUBLE_EQ(clip_gradients(trained, 10), 5);
  EXPECT_EQ(b.leaf().grad().item<double>(), 4);
  EXPECT_DOUBLE_EQ(clip_gradients(trained, 1), 5);
  EXPECT_NEAR(a.leaf().grad()[0].item<double>(), 3 * (1 / (5 + 1e-6)), 1e-15);
  a.leaf().mutable_grad()[1] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(std::isnan(gradient_norm(trained)));
}

}  // namespace
}  // namespace espalier
