// The catalogue: every metric is finite on degenerate input, says what it needs, and is found by name.
#include "espalier/metrics/metric.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "espalier/metrics/correlate.h"
#include "tests/support/files.h"

namespace espalier {
namespace {

MetricInput input_of(size_t rows) {
  MetricInput in;
  in.classes = 2;
  in.truth.assign(rows, 1);
  in.predicted.assign(rows, 1);
  in.probabilities.assign(rows * 2, 0.5);
  in.true_values.assign(rows, 0.1);
  in.predicted_values.assign(rows, 0.1);
  in.true_labels.assign(rows * 2, 0);
  in.predicted_labels.assign(rows * 2, 0);
  in.true_tags.assign(rows, {"O", "O"});
  in.predicted_tags.assign(rows, {"O", "O"});
  return in;
}

TEST(Metrics, NeverNan) {
  for (const Metric& metric : metrics()) {
    EXPECT_EQ(metric(input_of(0)), 0) << metric.name;
    for (size_t rows : {1, 2, 3}) EXPECT_TRUE(std::isfinite(metric(input_of(rows)))) << metric.name;
  }
}

TEST(Metrics, NamesAreUniqueAndExplained) {
  std::set<std::string> names;
  for (const Metric& metric : metrics()) {
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
    EXPECT_FALSE(metric.help.empty()) << metric.name;
    EXPECT_FALSE(needs_text(metric.needs).empty()) << metric.name;
  }
  for (const char* less : {"mse", "mae", "log_loss", "calibration_error", "hamming_loss"}) {
    EXPECT_FALSE(find_metric(less).larger_is_better) << less;
  }
  EXPECT_TRUE(find_metric("matthews").larger_is_better);
}

TEST(Metrics, UnknownNamesTheNearest) {
  support::expect_error(ErrorKind::usage, [] { find_metric("acuracy", "sst2.toml:3"); },
                        {"sst2.toml:3", "'acuracy'", "accuracy"});
}

TEST(Metrics, MissingInputIsABug) {
  MetricInput in;
  in.truth = {0, 1};
  support::expect_error(ErrorKind::bug, [&] { compute_metric("accuracy", in); }, {"accuracy", "classes"});
}

TEST(Metrics, DivergedPredictionsAreNamed) {
  MetricInput in = input_of(3);
  in.predicted_values[1] = std::nan("");
  for (const char* name : {"mse", "pearson", "spearman", "r2", "mae"}) {
    support::expect_error(ErrorKind::numeric, [&] { compute_metric(name, in); }, {"predicted value 1 is nan"});
  }
}

TEST(Metrics, TakeSelectsRowsOfEveryField) {
  MetricInput in = input_of(3);
  in.truth = {0, 1, 1};
  in.probabilities = {0.9, 0.1, 0.2, 0.8, 0.3, 0.7};
  in.true_tags[2] = {"B-X"};
  const std::vector<int64_t> rows{2, 0, 2, 1};
  const MetricInput out = in.take(rows);
  EXPECT_EQ(out.size(), 4);
  EXPECT_EQ(out.truth, (std::vector<int64_t>{1, 0, 1, 1}));
  EXPECT_EQ(out.probabilities, (std::vector<double>{0.3, 0.7, 0.9, 0.1, 0.3, 0.7, 0.2, 0.8}));
  EXPECT_EQ(out.true_tags[2], Tags{"B-X"});
}

TEST(Metrics, IntervalHoldsTheValue) {
  MetricInput in;
  in.classes = 2;
  for (int64_t i = 0; i < 200; ++i) {
    in.truth.push_back(i % 2);
    in.predicted.push_back(i % 5 == 0 ? 0 : i % 2);
  }
  for (const char* name : {"accuracy", "f1", "macro_f1", "matthews"}) {
    const Metric& metric = find_metric(name);
    const Interval interval = metric_interval(metric, in, {.samples = 200});
    EXPECT_LT(interval.low, metric(in)) << name;
    EXPECT_GT(interval.high, metric(in)) << name;
  }
}

TEST(Correlate, Degenerate) {
  const std::vector<double> constant{0.1, 0.1, 0.1}, rising{1, 2, 3}, huge{1e300, 2e300, 3e300};
  EXPECT_EQ(pearson(constant, rising), 0) << "although the mean of three 0.1 is not 0.1";
  EXPECT_EQ(spearman(rising, constant), 0);
  EXPECT_DOUBLE_EQ(pearson(huge, rising), 1) << "no overflow";
  EXPECT_EQ(r2(constant, constant), 1);
  EXPECT_EQ(r2(constant, rising), 0);
  EXPECT_EQ(average_ranks(std::vector<double>{3, 1, 3, 2}), (std::vector<double>{3.5, 1, 3.5, 2}));
  support::expect_error(ErrorKind::data, [&] { pearson(rising, std::vector<double>{1}); }, {"3 true values", "1 predicted"});
}

}  // namespace
}  // namespace espalier
