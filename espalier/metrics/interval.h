// How sure a figure is: Wilson and bootstrap intervals, McNemar's exact test, paired bootstrap.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "espalier/base/function_ref.h"

namespace espalier {

struct Interval {
  double low = 0, high = 0;
};

/// 95 % score interval of a proportion (Wilson 1927); [0, 1] when total is 0.
Interval wilson(int64_t right, int64_t total);

struct BootstrapOptions {
  int64_t samples = 1000;
  double level = 0.95;
  uint64_t seed = 1;
};
/// Percentile bootstrap: the metric of `samples` draws of `size` rows with replacement; quantiles interpolate linearly.
Interval bootstrap(int64_t size, FunctionRef<double(std::span<const int64_t> rows)> metric, BootstrapOptions options = {});
/// The same for `count` figures of the same draws, which are made once: `figures` fills `values`, [count].
std::vector<Interval> bootstrap(int64_t size, size_t count,
                                FunctionRef<void(std::span<const int64_t> rows, std::span<double> values)> figures,
                                BootstrapOptions options = {});

/// Exact two-sided McNemar test of two classifiers on the same rows: p of a split of the disagreements at least this uneven
/// under a fair coin. 1 when they never disagree.
double mcnemar(std::span<const int64_t> truth, std::span<const int64_t> first, std::span<const int64_t> second);
double mcnemar(int64_t only_first_right, int64_t only_second_right);

struct PairedBootstrap {
  double difference = 0;  // metric(first) - metric(second) on all rows
  Interval interval;
  double p = 1;  // two-sided: 2 min(P(d* <= 0), P(d* >= 0)), each (count + 1) / (samples + 1), at most 1
};
/// Both systems see the same draws.
PairedBootstrap paired_bootstrap(int64_t size, FunctionRef<double(std::span<const int64_t> rows)> first,
                                 FunctionRef<double(std::span<const int64_t> rows)> second, BootstrapOptions options = {});

/// The q-quantile (0..1) by linear interpolation between order statistics, as numpy.quantile; `sorted` ascends.
double quantile(std::span<const double> sorted, double q);

}  // namespace espalier
