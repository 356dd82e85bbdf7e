// Paired tests over stored predictions: matching, refusal, and figures against equations.
#include "espalier/recipe/paired.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "espalier/recipe/plan.h"
#include "tests/support/files.h"

namespace espalier::test {
namespace {

/// A run folder with a plan and predictions for `rows` rows; truth and answer by row.
fs::path run_folder(const fs::path& path, const std::string& kind, int64_t rows, const std::function<std::string(int64_t)>& truth,
                    const std::function<std::string(int64_t)>& answer, std::vector<std::string> metrics) {
  Plan plan;
  plan.recipe.method = {Value::Object{{"kind", "lora"}}};
  plan.recipe.data.kind = kind;
  plan.recipe.data.labels = {"no", "yes"};
  plan.recipe.data.metrics = std::move(metrics);
  make_folder(path);
  write_file(path / "plan.toml", plan.toml());
  std::string tsv = "row\ttruth\tprediction\n";
  for (int64_t i = 0; i < rows; ++i) tsv += std::to_string(i) + "\t" + truth(i) + "\t" + answer(i) + "\n";
  write_file(path / "dev_predictions.tsv", tsv);
  return path;
}

std::string yes(bool is) { return is ? "yes" : "no"; }

Paired compare_two(const fs::path& first, const fs::path& second) {
  return compare_paired(std::vector<fs::path>{first}, std::vector<fs::path>{second});
}

TEST(Paired, AccuracyByMcNemarAndTheRestByBootstrap) {
  const support::TemporaryFolder folder;
  const auto truth = [](int64_t i) { return yes(i % 2 == 0); };
  // Of 40 rows the first alone is right on 2, the second alone on 9, and both are wrong on 4.
  const auto first = [&](int64_t i) { return yes((i % 2 == 0) != (i >= 2 && i < 15)); };
  const auto second = [&](int64_t i) { return yes((i % 2 == 0) != (i < 2 || (i >= 11 && i < 15))); };
  const fs::path a = run_folder(folder / "a", "classify", 40, truth, first, {"accuracy", "macro_f1", "auroc"});
  const fs::path b = run_folder(folder / "b", "classify", 40, truth, second, {"accuracy", "macro_f1"});
  const Paired paired = compare_two(a, b);
  EXPECT_EQ(paired.problem, "");
  EXPECT_EQ(paired.rows, 40);
  ASSERT_EQ(paired.figures.size(), 2u) << "auroc asks for probabilities, which are not stored";
  const PairedFigure& accuracy = paired.figures[0];
  EXPECT_NEAR(accuracy.difference, 7.0 / 40, 1e-12);
  EXPECT_EQ(accuracy.test, "McNemar, 9 : 2");
  // Two-sided binomial tail of 2 or fewer of 11 fair coins: 2 (1 + 11 + 55) / 2^11.
  EXPECT_NEAR(accuracy.p, 2.0 * 67 / 2048, 1e-12);
  // Differences are +1 on 9 rows and -1 on 2: their mean's deviation is sqrt((11/40 - (7/40)^2) / 40) = 0.0782; the quantiles of
  // a draw of 2,000 stray by 0.2 of it, and the mean's own steps of 1/40 add as much.
  EXPECT_NEAR(accuracy.low, 7.0 / 40 - 1.96 * 0.0782, 0.04);
  EXPECT_NEAR(accuracy.high, 7.0 / 40 + 1.96 * 0.0782, 0.04);
  EXPECT_EQ(paired.figures[1].test, "bootstrap");
  EXPECT_GT(paired.figures[1].difference, 0);
  EXPECT_EQ(compare_two(b, a).figures[0].difference, -accuracy.difference);
}

TEST(Paired, GroupsOfSeedsAreTheirMean) {
  const support::TemporaryFolder folder;
  const auto truth = [](int64_t i) { return yes(i % 2 == 0); };
  const auto wrong_below = [](int64_t n) { return [n](int64_t i) { return yes((i % 2 == 0) != (i < n)); }; };
  const std::vector<std::string> accuracy{"accuracy"};
  const std::vector<fs::path> before{run_folder(folder / "a1", "classify", 50, truth, wrong_below(10), accuracy),
                                     run_folder(folder / "a2", "classify", 50, truth, wrong_below(20), accuracy)},
      after{run_folder(folder / "b1", "classify", 50, truth, wrong_below(5), accuracy)};
  const Paired paired = compare_paired(before, after);
  ASSERT_EQ(paired.figures.size(), 1u);
  EXPECT_NEAR(paired.figures[0].difference, 45.0 / 50 - (40.0 + 30.0) / 2 / 50, 1e-12);
  EXPECT_EQ(paired.figures[0].test, "bootstrap");
  EXPECT_LT(paired.figures[0].p, 0.05);
}

TEST(Paired, ValuesAndRowsInAnotherOrder) {
  const support::TemporaryFolder folder;
  const auto truth = [](int64_t i) { return std::to_string(i * 7 % 11) + ".5"; };
  const fs::path a = run_folder(folder / "a", "regress", 30, truth, [](int64_t i) { return std::to_string(i % 3); }, {"pearson"});
  const fs::path b = run_folder(folder / "b", "regress", 30, truth, truth, {"pearson"});
  std::string rows = read_file(b / "dev_predictions.tsv"), turned = rows.substr(0, rows.find('\n') + 1);
  std::vector<std::string> lines;
  for (size_t at = turned.size(); at < rows.size(); at = rows.find('\n', at) + 1)
    lines.push_back(rows.substr(at, rows.find('\n', at) + 1 - at));
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) turned += *line;
  write_file(b / "dev_predictions.tsv", turned);
  const Paired paired = compare_two(a, b);
  EXPECT_EQ(paired.problem, "");
  double sum = 0, squares = 0, cross = 0, other = 0, others = 0;  // of the first; the second is exact, so its correlation is 1
  for (int64_t i = 0; i < 30; ++i) {
    const double t = double(i * 7 % 11) + 0.5, x = double(i % 3);
    sum += t, squares += t * t, cross += t * x, other += x, others += x * x;
  }
  const double r = (cross - sum * other / 30) / std::sqrt((squares - sum * sum / 30) * (others - other * other / 30));
  EXPECT_NEAR(paired.figures.at(0).difference, 1 - r, 1e-12);
}

TEST(Paired, OtherRowsAreSaidAndNotCompared) {
  const support::TemporaryFolder folder;
  const auto truth = [](int64_t i) { return yes(i % 2 == 0); };
  const auto turned = [](int64_t i) { return yes(i % 2 == 1); };
  const std::vector<std::string> accuracy{"accuracy"};
  const fs::path a = run_folder(folder / "a", "classify", 20, truth, truth, accuracy);
  const auto problem = [&](const fs::path& b) { return compare_two(a, b).problem; };
  EXPECT_NE(problem(run_folder(folder / "b", "classify", 21, truth, truth, accuracy)).find("20 and 21"), std::string::npos);
  EXPECT_NE(problem(run_folder(folder / "c", "classify", 20, turned, truth, accuracy)).find("20 have another truth"),
            std::string::npos);
  EXPECT_NE(problem(run_folder(folder / "d", "tokens", 20, truth, truth, accuracy)).find("tasks differ"), std::string::npos);
  const fs::path e = run_folder(folder / "e", "classify", 20, truth, truth, accuracy);
  fs::remove(e / "dev_predictions.tsv");
  EXPECT_NE(problem(e).find("no dev_predictions.tsv"), std::string::npos);
}

}  // namespace
}  // namespace espalier::test
