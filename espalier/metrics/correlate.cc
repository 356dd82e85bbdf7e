// Correlations and errors of real values, in two passes for accuracy.
#include "espalier/metrics/correlate.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "espalier/metrics/check.h"

namespace espalier {
namespace {

void require_values(std::span<const double> truth, std::span<const double> predicted) {
  require_same_size(truth.size(), predicted.size(), "values");
  require_finite(truth, "true value");
  require_finite(predicted, "predicted value");
}

bool constant(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [&](double v) { return v == values[0]; });
}

// values minus their mean, divided by the largest magnitude so that squares cannot overflow.
std::vector<double> centred(std::span<const double> values) {
  double largest = 0, mean = 0;
  for (double v : values) mean += v / double(values.size());
  std::vector<double> out;
  for (double v : values) largest = std::max(largest, std::abs(out.emplace_back(v - mean)));
  if (largest > 0) {
    for (double& v : out) v /= largest;
  }
  return out;
}

}  // namespace

double pearson(std::span<const double> truth, std::span<const double> predicted) {
  require_values(truth, predicted);
  if (truth.size() < 2 || constant(truth) || constant(predicted)) return 0;
  const std::vector<double> t = centred(truth), p = centred(predicted);
  const double tt = std::inner_product(t.begin(), t.end(), t.begin(), 0.0);
  const double pp = std::inner_product(p.begin(), p.end(), p.begin(), 0.0);
  const double tp = std::inner_product(t.begin(), t.end(), p.begin(), 0.0);
  return std::clamp(ratio(tp, std::sqrt(tt) * std::sqrt(pp)), -1.0, 1.0);
}

double spearman(std::span<const double> truth, std::span<const double> predicted) {
  require_values(truth, predicted);
  return pearson(average_ranks(truth), average_ranks(predicted));
}

double mean_squared_error(std::span<const double> truth, std::span<const double> predicted) {
  require_values(truth, predicted);
  double sum = 0;
  for (size_t i = 0; i < truth.size(); ++i) sum += (truth[i] - predicted[i]) * (truth[i] - predicted[i]);
  return ratio(sum, double(truth.size()));
}

double mean_absolute_error(std::span<const double> truth, std::span<const double> predicted) {
  require_values(truth, predicted);
  double sum = 0;
  for (size_t i = 0; i < truth.size(); ++i) sum += std::abs(truth[i] - predicted[i]);
  return ratio(sum, double(truth.size()));
}

double r2(std::span<const double> truth, std::span<const double> predicted) {
  require_values(truth, predicted);
  if (truth.size() < 2) return 0;
  const double mean = std::accumulate(truth.begin(), truth.end(), 0.0) / double(truth.size());
  double residual = 0, total = 0;
  for (size_t i = 0; i < truth.size(); ++i) {
    residual += (truth[i] - predicted[i]) * (truth[i] - predicted[i]);
    total += (truth[i] - mean) * (truth[i] - mean);
  }
  if (constant(truth) || total == 0) return residual == 0 ? 1 : 0;
  return 1 - residual / total;
}

std::vector<double> average_ranks(std::span<const double> values) {
  require_finite(values, "value");
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (size_t first = 0, last = 0; first < order.size(); first = last) {
    while (last < order.size() && values[order[last]] == values[order[first]]) ++last;
    for (size_t i = first; i < last; ++i) ranks[order[i]] = double(first + last + 1) / 2;
  }
  return ranks;
}

}  // namespace espalier
