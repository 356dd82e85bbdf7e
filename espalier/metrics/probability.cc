// AUROC by rank sums, calibration error by bins, log loss.
#include "espalier/metrics/probability.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "espalier/base/error.h"
#include "espalier/metrics/check.h"
#include "espalier/metrics/correlate.h"

namespace espalier {

// Mann-Whitney: (rank sum of the positives - its least value) / (positives * negatives).
double binary_auroc(std::span<const uint8_t> positive, std::span<const double> score) {
  require_same_size(positive.size(), score.size(), "labels");
  const std::vector<double> ranks = average_ranks(score);
  double sum = 0, positives = 0;
  for (size_t i = 0; i < positive.size(); ++i) {
    if (positive[i] == 0) continue;
    sum += ranks[i], positives += 1;
  }
  const double negatives = double(positive.size()) - positives;
  if (positives == 0 || negatives == 0) return 0.5;
  return (sum - positives * (positives + 1) / 2) / (positives * negatives);
}

double auroc(std::span<const int64_t> truth, std::span<const double> probabilities, int64_t classes) {
  require_probabilities(truth.size(), probabilities, classes);
  require_classes(truth, classes, "true class");
  std::vector<uint8_t> positive(truth.size());
  std::vector<double> score(truth.size());
  double sum = 0, counted = 0;
  for (int64_t k = classes == 2 ? 1 : 0; k < classes; ++k) {
    size_t positives = 0;
    for (size_t i = 0; i < truth.size(); ++i) {
      positives += positive[i] = truth[i] == k;
      score[i] = probabilities[i * size_t(classes) + size_t(k)];
    }
    if (positives == 0 || positives == truth.size()) continue;
    sum += binary_auroc(positive, score), counted += 1;
  }
  return counted == 0 ? 0.5 : sum / counted;
}

double calibration_error(std::span<const int64_t> truth, std::span<const double> probabilities, int64_t classes, int64_t bins) {
  require_probabilities(truth.size(), probabilities, classes);
  if (bins < 1) throw bug_error("a calibration error of {} bins", bins);
  std::vector<double> gap(static_cast<size_t>(bins));  // in each bin, right answers - sum of confidences
  for (size_t i = 0; i < truth.size(); ++i) {
    const auto row = probabilities.subspan(i * size_t(classes), size_t(classes));
    const auto best = std::max_element(row.begin(), row.end());
    const double bin = std::clamp(std::ceil(*best * double(bins)) - 1, 0.0, double(bins - 1));
    gap[size_t(bin)] += double(best - row.begin() == truth[i]) - *best;
  }
  double sum = 0;
  for (double g : gap) sum += std::abs(g);
  return ratio(sum, double(truth.size()));
}

double log_loss(std::span<const int64_t> truth, std::span<const double> probabilities, int64_t classes) {
  require_probabilities(truth.size(), probabilities, classes);
  require_classes(truth, classes, "true class");
  constexpr double kEps = std::numeric_limits<double>::epsilon();
  double sum = 0;
  for (size_t i = 0; i < truth.size(); ++i) {
    sum -= std::log(std::clamp(probabilities[i * size_t(classes) + size_t(truth[i])], kEps, 1 - kEps));
  }
  return ratio(sum, double(truth.size()));
}

}  // namespace espalier
