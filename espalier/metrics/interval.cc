// Intervals and tests; each bootstrap draw has its own counter-based key, so draws never depend on order.
#include "espalier/metrics/interval.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "espalier/base/error.h"
#include "espalier/base/seed.h"
#include "espalier/metrics/check.h"

namespace espalier {
namespace {

// Calls use(rows) for each draw; a draw depends on the seed and its number only.
void draw_samples(int64_t size, const BootstrapOptions& options, FunctionRef<void(std::span<const int64_t>)> use) {
  if (options.samples < 1 || !(options.level > 0 && options.level < 1)) {
    throw usage_error("a bootstrap of {} samples at level {}; expected at least 1, and a level between 0 and 1", options.samples,
                      options.level);
  }
  const uint64_t key = derive_key(options.seed, "bootstrap");
  std::vector<int64_t> rows(static_cast<size_t>(size));
  for (int64_t sample = 0; sample < options.samples; ++sample) {
    RandomStream random(derive_key(key, uint64_t(sample)));
    for (int64_t& row : rows) row = int64_t(random.below(uint64_t(size)));
    use(rows);
  }
}

Interval percentile_interval(std::vector<double> values, double level) {
  std::sort(values.begin(), values.end());
  return {quantile(values, (1 - level) / 2), quantile(values, (1 + level) / 2)};
}

std::vector<int64_t> all_rows(int64_t size) {
  std::vector<int64_t> rows(static_cast<size_t>(size));
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = int64_t(i);
  return rows;
}

}  // namespace

Interval wilson(int64_t right, int64_t total) {
  if (total <= 0) return {0, 1};
  constexpr double kZ = 1.959963984540054;  // the 97.5 % point of the standard normal
  const double n = double(total), p = double(right) / n;
  const double centre = (p + kZ * kZ / (2 * n)) / (1 + kZ * kZ / n);
  const double half = kZ / (1 + kZ * kZ / n) * std::sqrt(p * (1 - p) / n + kZ * kZ / (4 * n * n));
  return {right == 0 ? 0 : centre - half, right == total ? 1 : centre + half};
}

Interval bootstrap(int64_t size, FunctionRef<double(std::span<const int64_t> rows)> metric, BootstrapOptions options) {
  const auto figures = [&](std::span<const int64_t> rows, std::span<double> values) { values[0] = metric(rows); };
  return bootstrap(size, 1, figures, options)[0];
}

std::vector<Interval> bootstrap(int64_t size, size_t count,
                                FunctionRef<void(std::span<const int64_t> rows, std::span<double> values)> figures,
                                BootstrapOptions options) {
  if (size <= 0) return std::vector<Interval>(count);
  std::vector<std::vector<double>> values(count);
  std::vector<double> drawn(count);
  draw_samples(size, options, [&](std::span<const int64_t> rows) {
    figures(rows, drawn);
    for (size_t i = 0; i < count; ++i) values[i].push_back(drawn[i]);
  });
  std::vector<Interval> intervals;
  for (std::vector<double>& of_one : values) intervals.push_back(percentile_interval(std::move(of_one), options.level));
  return intervals;
}

double mcnemar(int64_t only_first_right, int64_t only_second_right) {
  const int64_t n = only_first_right + only_second_right, k = std::min(only_first_right, only_second_right);
  if (n == 0) return 1;
  double log_choose = 0;  // of n over k
  for (int64_t i = 1; i <= k; ++i) log_choose += std::log(double(n - k + i) / double(i));
  double term = 1, sum = 0;  // in units of (n over k)
  for (int64_t i = k; i >= 0 && term > 0; --i) {
    sum += term;
    term *= double(i) / double(n - i + 1);
  }
  return std::min(1.0, 2 * sum * std::exp(log_choose - double(n) * std::log(2.0)));
}

double mcnemar(std::span<const int64_t> truth, std::span<const int64_t> first, std::span<const int64_t> second) {
  require_same_size(truth.size(), first.size(), "classes");
  require_same_size(truth.size(), second.size(), "classes");
  int64_t only_first = 0, only_second = 0;
  for (size_t i = 0; i < truth.size(); ++i) {
    const bool a = first[i] == truth[i], b = second[i] == truth[i];
    only_first += a && !b;
    only_second += b && !a;
  }
  return mcnemar(only_first, only_second);
}

PairedBootstrap paired_bootstrap(int64_t size, FunctionRef<double(std::span<const int64_t> rows)> first,
                                 FunctionRef<double(std::span<const int64_t> rows)> second, BootstrapOptions options) {
  if (size <= 0) return {};
  PairedBootstrap result;
  const std::vector<int64_t> rows = all_rows(size);
  result.difference = first(rows) - second(rows);
  std::vector<double> differences;
  int64_t at_most = 0, at_least = 0;
  draw_samples(size, options, [&](std::span<const int64_t> drawn) {
    const double d = differences.emplace_back(first(drawn) - second(drawn));
    at_most += d <= 0;
    at_least += d >= 0;
  });
  result.p = std::min(1.0, 2 * double(std::min(at_most, at_least) + 1) / double(options.samples + 1));
  result.interval = percentile_interval(std::move(differences), options.level);
  return result;
}

double quantile(std::span<const double> sorted, double q) {
  if (sorted.empty()) return 0;
  const double position = std::clamp(q, 0.0, 1.0) * double(sorted.size() - 1);
  const size_t below = size_t(position), above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (position - double(below)) * (sorted[above] - sorted[below]);
}

}  // namespace espalier
