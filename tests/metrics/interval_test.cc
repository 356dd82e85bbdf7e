// Intervals and tests: exact values, agreement with the normal approximation, and seeds.
#include "espalier/metrics/interval.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/support/files.h"

namespace espalier {
namespace {

TEST(Wilson, Limits) {
  EXPECT_EQ(wilson(0, 0).high, 1);
  EXPECT_EQ(wilson(0, 10).low, 0);
  EXPECT_EQ(wilson(10, 10).high, 1);
  // scipy.stats.binomtest(694, 1000).proportion_ci(method="wilson")
  EXPECT_NEAR(wilson(694, 1000).low, 0.6647406510279685, 1e-12);
  EXPECT_NEAR(wilson(694, 1000).high, 0.721774566679636, 1e-12);
}

TEST(McNemar, ExactBinomialTails) {
  EXPECT_EQ(mcnemar(0, 0), 1);
  EXPECT_DOUBLE_EQ(mcnemar(0, 5), 2.0 / 32);
  EXPECT_DOUBLE_EQ(mcnemar(5, 0), 2.0 / 32);
  EXPECT_DOUBLE_EQ(mcnemar(4, 4), 1);
  EXPECT_DOUBLE_EQ(mcnemar(1, 4), 2.0 * (1 + 5) / 32);
  // scipy.stats.binomtest(4000, 8300, 0.5).pvalue; the exponent, about 5,700, is a sum of 4,000 logarithms: 1e-12 of it
  EXPECT_NEAR(mcnemar(4000, 4300) / 0.001029736761268162 - 1, 0, 1e-9);
}

TEST(Quantile, InterpolatesLikeNumpy) {
  const std::vector<double> v{1, 2, 4, 8};
  EXPECT_DOUBLE_EQ(quantile(v, 0), 1);
  EXPECT_DOUBLE_EQ(quantile(v, 1), 8);
  EXPECT_DOUBLE_EQ(quantile(v, 0.5), 3);
  EXPECT_DOUBLE_EQ(quantile(v, 0.9), 6.8);
  EXPECT_EQ(quantile({}, 0.5), 0);
}

TEST(Bootstrap, SeveralFiguresOfTheSameDrawsAreWhatEachIsAlone) {
  const std::vector<double> values{3, 1, 4, 1, 5, 9, 2, 6};
  const auto sum = [&](std::span<const int64_t> rows) {
    double total = 0;
    for (int64_t row : rows) total += values[size_t(row)];
    return total;
  };
  const auto first = [&](std::span<const int64_t> rows) { return values[size_t(rows[0])]; };
  const std::vector<Interval> both = bootstrap(8, 2,
                                               [&](std::span<const int64_t> rows, std::span<double> figures) {
                                                 figures[0] = sum(rows);
                                                 figures[1] = first(rows);
                                               },
                                               {.samples = 200, .seed = 3});
  const Interval of_sum = bootstrap(8, sum, {.samples = 200, .seed = 3}),
                 of_first = bootstrap(8, first, {.samples = 200, .seed = 3});
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(std::pair(both[0].low, both[0].high), std::pair(of_sum.low, of_sum.high));
  EXPECT_EQ(std::pair(both[1].low, both[1].high), std::pair(of_first.low, of_first.high));
  EXPECT_LT(of_sum.low, of_sum.high);
}

TEST(Bootstrap, CoversTheMeanAsTheNormalApproximationDoes) {
  std::vector<double> right(1000);
  for (size_t i = 0; i < right.size(); ++i) right[i] = i % 10 < 7;
  const auto mean = [&](std::span<const int64_t> rows) {
    double sum = 0;
    for (int64_t row : rows) sum += right[size_t(row)];
    return sum / double(rows.size());
  };
  const double sigma = std::sqrt(0.7 * 0.3 / 1000);
  const Interval interval = bootstrap(1000, mean, {.samples = 4000, .seed = 7});
  // A percentile at 2.5 % from 4,000 draws has a standard error of sqrt(.025 * .975 / 4000) / phi(1.96) = 0.042 sigma; five of
  // them.
  EXPECT_NEAR(interval.low, 0.7 - 1.96 * sigma, 0.21 * sigma);
  EXPECT_NEAR(interval.high, 0.7 + 1.96 * sigma, 0.21 * sigma);
  const Interval again = bootstrap(1000, mean, {.samples = 4000, .seed = 7}),
                 other = bootstrap(1000, mean, {.samples = 4000, .seed = 8});
  EXPECT_EQ(interval.low, again.low);
  EXPECT_EQ(interval.high, again.high);
  EXPECT_NE(interval.low + interval.high, other.low + other.high);
}

TEST(Bootstrap, EmptyAndRefused) {
  const auto zero = [](std::span<const int64_t>) { return 0.0; };
  EXPECT_EQ(bootstrap(0, zero).high, 0);
  support::expect_error(ErrorKind::usage, [&] { bootstrap(3, zero, {.samples = 0}); }, {"0 samples"});
}

TEST(PairedBootstrap, SeesADifferenceAndNone) {
  const auto value = [](double shift) {
    return [shift](std::span<const int64_t> rows) {
      double sum = 0;
      for (int64_t row : rows) sum += double(row % 7) * 0.01 + shift;
      return sum / double(rows.size());
    };
  };
  const auto low = value(0), high = value(0.5);
  const PairedBootstrap clear = paired_bootstrap(200, high, low), same = paired_bootstrap(200, low, low);
  EXPECT_NEAR(clear.difference, 0.5, 1e-12);
  EXPECT_NEAR(clear.interval.low, 0.5, 1e-12) << "the draws are shared, so the noise of the rows cancels";
  EXPECT_DOUBLE_EQ(clear.p, 2.0 / 1001);
  EXPECT_EQ(same.difference, 0);
  EXPECT_EQ(same.p, 1);
}

}  // namespace
}  // namespace espalier
