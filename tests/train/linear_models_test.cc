// Linear models: bag of words against scikit-learn; the fit's stationary point; the linear probe on a tiny model.
#include <cmath>

#include "espalier/io/json.h"
#include "espalier/io/safetensors_writer.h"
#include "espalier/train/bag_of_words.h"
#include "espalier/train/evaluate.h"
#include "espalier/train/linear_probe.h"
#include "espalier/train/objectives/cross_entropy.h"
#include "espalier/train/texts.h"
#include "tests/data/words.h"
#include "tests/train/tiny.h"

namespace espalier {
namespace {

using Texts = std::vector<std::string>;

TEST(BagOfWordsOracle, EqualsScikitLearn) {
  const nlohmann::json about = read_json(fs::path(ESPALIER_TESTS_DIR) / "oracle" / "bag_of_words" / "bag_of_words.json");
  const Texts texts = about.at("texts"), others = about.at("others");
  const BagOfWordsOptions options{.inverse_penalty = about.at("inverse_penalty"), .tolerance = 1e-9};
  // scikit-learn has no hash: with 2^18 buckets the few n-grams of these texts do not meet. Ours keeps float32: 6e-8 of each of
  // some ten terms near 1.
  constexpr double kClose = 5e-6;
  const auto check = [&](const char* name, std::vector<double> targets, Link link, int64_t outputs) {
    const BagOfWords bag = BagOfWords::fit(texts, targets, {}, link, options);
    std::vector<double> ours = bag.logits(others), theirs;
    ASSERT_EQ(int64_t(ours.size()), int64_t(others.size()) * outputs);
    for (const auto& row : about.at(name)) {
      if (row.is_array()) {
        theirs.insert(theirs.end(), row.begin(), row.end());
      } else {
        theirs.push_back(row);
      }
    }
    for (size_t i = 0; i < ours.size(); ++i) {
      double mean = 0;
      for (int64_t c = 0; link == Link::softmax && c < outputs; ++c) mean += ours[i - i % size_t(outputs) + size_t(c)] / outputs;
      EXPECT_NEAR(ours[i] - mean, theirs[i], kClose) << name << " " << i;
    }
  };
  check("classify", one_hot(about.at("classes").get<std::vector<int64_t>>(), 3), Link::softmax, 3);
  std::vector<double> labels;
  for (const auto& row : about.at("labels")) labels.insert(labels.end(), row.begin(), row.end());
  check("multi_label", labels, Link::sigmoid, 2);
  check("regress", about.at("values"), Link::identity, 1);
}

TEST(BagOfWordsFile, RoundTripIsExact) {
  const support::TemporaryFolder folder;
  const Texts texts{"good film", "bad film", "good play", "bad play\nnew york"};
  const std::vector<int64_t> classes{1, 0, 1, 0};
  const BagOfWords bag = BagOfWords::fit(texts, one_hot(classes, 2), {"no", "yes"}, Link::softmax, {.buckets = 64});
  bag.save(folder / "bag.safetensors");
  const BagOfWords read = BagOfWords::load(folder / "bag.safetensors");
  EXPECT_EQ(read.labels(), (Texts{"no", "yes"}));
  EXPECT_EQ(read.size(), bag.size());
  const Texts others{"good", "", "york new", "unknown words"};
  EXPECT_EQ(read.logits(others), bag.logits(others));
  EXPECT_GT(bag.logits(others)[1], bag.logits(others)[0]);
}

TEST(BagOfWordsFile, OtherFilesAreRefused) {
  const support::TemporaryFolder folder;
  const std::vector<float> one{1};
  write_safetensors(folder / "x.safetensors", {{"w", DType::f32, {1}, std::as_bytes(std::span(one))}});
  support::expect_error(ErrorKind::data, [&] { BagOfWords::load(folder / "x.safetensors"); }, {"no bag of words"});
}

TEST(Words, AsScikitLearnsPattern) {
  EXPECT_EQ(words_of("A Fast, key-value i18n store_x! 3d a É数"),
            (Texts{"fast", "key", "value", "i18n", "store_x", "3d", "é数"}));
  EXPECT_EQ(words_of(""), Texts{});
  EXPECT_EQ(words_of("ab\xff"
                     "cd"),
            (Texts{"ab", "cd"}));
}

/// The minimised function, written as the text says, for central differences.
double loss_of(const SparseDesign& x, const std::vector<double>& y, const LinearFit& fit, size_t classes, double c) {
  double loss = 0;
  for (int64_t i = 0; i < x.rows(); ++i) {
    std::vector<double> s(fit.bias);
    for (int64_t e = x.offsets[size_t(i)]; e < x.offsets[size_t(i) + 1]; ++e) {
      for (size_t k = 0; k < classes; ++k) s[k] += x.values[size_t(e)] * fit.weights[size_t(x.indices[size_t(e)]) * classes + k];
    }
    double sum = 0;
    for (double v : s) sum += std::exp(v);
    for (size_t k = 0; k < classes; ++k) loss -= y[size_t(i) * classes + k] * (s[k] - std::log(sum));
  }
  for (double w : fit.weights) loss += w * w / (2 * c);
  return loss;
}

TEST(LinearFitting, EndsWhereTheGradientVanishes) {
  SparseDesign x;
  x.width = 6;
  std::vector<int64_t> classes;
  RandomStream random(5);
  for (int i = 0; i < 40; ++i) {
    for (int32_t j = 0; j < 6; ++j) {
      if (random.uniform() < 0.5) continue;
      x.indices.push_back(j);
      x.values.push_back(random.normal());
    }
    x.offsets.push_back(int64_t(x.values.size()));
    classes.push_back(int64_t(random.below(3)));
  }
  const std::vector<double> y = one_hot(classes, 3);
  LinearFit fit = fit_linear(x, y, 3, Link::softmax, {.inverse_penalty = 2, .tolerance = 1e-10});
  EXPECT_TRUE(fit.converged);
  EXPECT_NEAR(fit.loss, loss_of(x, y, fit, 3, 2), 1e-10);
  for (double& w : fit.weights) {
    const double h = 1e-5, at = w;
    w = at + h;
    const double up = loss_of(x, y, fit, 3, 2);
    w = at - h;
    const double down = loss_of(x, y, fit, 3, 2);
    w = at;
    EXPECT_NEAR((up - down) / (2 * h), 0, 1e-7);  // differences of sums near 40 lose 1e-15 * 40 / h
  }
}

class Probe : public testing::Test {
 protected:
  Probe() : tokenizer(test::tiny_tokenizer()) {}
  fs::path write(const std::string& name, int64_t rows, uint64_t seed) {
    RandomStream random(seed);
    std::string file = "text\tlabel\n";
    for (int64_t i = 0; i < rows; ++i) {
      const bool good = random.below(2) == 1;
      file += good ? "good" : "bad";
      for (uint64_t w = random.below(5); w > 0; --w) file += " film";
      file += good ? "\tyes\n" : "\tno\n";
    }
    return folder.write(name, file);
  }
  EvalStream stream(const Task& task, const fs::path& path, int64_t chunk = 16) {
    return {open_examples(task, path.string(), *tokenizer), Collator(task, *tokenizer, 1), 64, chunk};
  }
  support::TemporaryFolder folder;
  std::unique_ptr<Tokenizer> tokenizer;
  MemoryLog log;
};

TEST_F(Probe, LearnsASeparableTaskAndPredictsInFileOrder) {
  Task task = test::classify_task({"text"}, "label", {"no", "yes", "maybe"});
  task.metrics = {"accuracy"};
  const fs::path train = write("train.tsv", 90, 1), dev = write("dev.tsv", 50, 2);
  const auto model = test::tiny_model();
  const ProbeResult result = fit_linear_probe(*model, task, stream(task, train), {.inverse_penalty = 0}, Precision::exact, log);
  EXPECT_EQ(result.rows, 90);
  EXPECT_EQ(result.features, 8);
  EXPECT_TRUE(result.converged);
  EXPECT_EQ(result.inverse_penalty, 10);  // separable: the closer the better
  const CrossEntropy objective({});
  const Evaluated evaluated = evaluate(*model, task, stream(task, dev, 7), {.keep_predictions = true, .objective = &objective});
  EXPECT_GT(evaluated.metrics.at("accuracy"), 0.95);
  ASSERT_EQ(evaluated.predictions.size(), 50u);
  double loss = 0;
  for (size_t i = 0; i < 50; ++i) {
    EXPECT_EQ(evaluated.predictions[i].row, int64_t(i));
    loss -= std::log(evaluated.predictions[i].scores[size_t(evaluated.input.truth[i])]) / 50;
  }
  EXPECT_NEAR(evaluated.metrics.at("loss"), loss, 1e-12);
}

TEST_F(Probe, TheFoldedLayerSaysWhatTheFitSays) {
  // A target that is a linear function of nothing but the bias: ridge regression must end at its mean.
  Task task = test::classify_task({"text"}, "label");
  task.kind = TaskKind::regress;
  task.labels = {"value"};
  task.metrics = {"mae"};
  std::string file = "text\tlabel\n";
  for (int i = 0; i < 20; ++i) file += fmt::format("good{} film\t2.5\n", i % 2 ? " play" : "");
  const fs::path path = folder.write("r.tsv", file);
  const auto model = test::tiny_model(HeadKind::regress);
  fit_linear_probe(*model, task, stream(task, path), {}, Precision::exact, log);
  EXPECT_LT(evaluate(*model, task, stream(task, path)).metrics.at("mae"), 1e-6);
}

TEST_F(Probe, RefusesWhatDoesNotFitInMemory) {
  const Task task = test::classify_task({"text"}, "label", {"no", "yes", "maybe"});
  const auto model = test::tiny_model();
  support::expect_error(
      ErrorKind::usage,
      [&] { fit_linear_probe(*model, task, stream(task, write("t.tsv", 90, 1)), {.memory_gb = 1e-6}, Precision::exact, log); },
      {"memory_gb", "do not fit"});
}

TEST_F(Probe, TextsOfAFile) {
  const Task task = test::classify_task({"text"}, "label", {"no", "yes"});
  const fs::path path = folder.write("t.tsv", "text\tlabel\ngood\tyes\nbad film\tno\n");
  const TextRows rows = read_texts(task, path.string());
  EXPECT_EQ(rows.texts, (Texts{"good", "bad film"}));
  EXPECT_EQ(targets_of(task, rows.targets), (std::vector<double>{0, 1, 1, 0}));
  const TextRows kept = read_texts(*open_examples(task, path.string(), *tokenizer, {.keep = {"text"}}));
  EXPECT_EQ(kept.texts, rows.texts);
  EXPECT_EQ(targets_of(task, kept.targets), targets_of(task, rows.targets));
  const fs::path wrong = folder.write("w.tsv", "text\tlabel\ngood\tperhaps\n");
  support::expect_error(ErrorKind::data, [&] { read_texts(task, wrong.string()); }, {"w.tsv:2", "perhaps"});
}

TEST(Windows, AreAveragedBeforeAnythingIsDecided) {
  Task task = test::classify_task({"text"}, "label", {"no", "yes"});
  Prediction a, b, other;
  a.row = b.row = 3;
  other.row = 4;
  a.logits = {1, 0};
  b.logits = {0, 4};
  read_logits(task, a);
  EXPECT_EQ(a.label, 0);
  EXPECT_FALSE(join_window(task, a, other));
  EXPECT_TRUE(join_window(task, a, b));
  EXPECT_EQ(a.windows, 2);
  EXPECT_EQ(a.label, 1);
  EXPECT_DOUBLE_EQ(a.scores[1], 1 / (1 + std::exp(0.5 - 2)));
}

}  // namespace
}  // namespace espalier
