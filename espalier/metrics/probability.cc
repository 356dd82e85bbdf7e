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
namespace {

struct Claim {
  double confidence = 0, right = 0;  // of the likeliest class; right: 1 or 0
};

std::vector<Claim> claims_of(std::span<const int64_t> truth, std::span<const double> probabilities, int64_t classes,
                             int64_t bins) {
  require_probabilities(truth.size(), probabilities, classes);
  if (bins < 1) throw bug_error("a calibration error of {} bins", bins);
  std::vector<Claim> claims;
  for (size_t i = 0; i < truth.size(); ++i) {
    const auto row = probabilities.subspan(i * size_t(classes), size_t(classes));
    const auto best = std::max_element(row.begin(), row.end());
    claims.push_back({*best, double(best - row.begin() == truth[i])});
  }
  return claims;
}

double mean_gap(std::span<const double> gap, size_t rows) {
  double sum = 0;
  for (const double g : gap) sum += std::abs(g);
  return ratio(sum, double(rows));
}

}  // namespace

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
  const std::vector<Claim> claims = claims_of(truth, probabilities, classes, bins);
  std::vector<double> gap(static_cast<size_t>(bins));  // in each bin, right answers - sum of confidences
  for (const Claim& claim : claims) {
    const double bin = std::clamp(std::ceil(claim.confidence * double(bins)) - 1, 0.0, double(bins - 1));
    gap[size_t(bin)] += claim.right - claim.confidence;
  }
  return mean_gap(gap, truth.size());
}

double adaptive_calibration_error(std::span<const int64_t> truth, std::span<const double> probabilities, int64_t classes,
                                  int64_t bins) {
  std::vector<Claim> claims = claims_of(truth, probabilities, classes, bins);
  std::sort(claims.begin(), claims.end(), [](const Claim& a, const Claim& b) { return a.confidence < b.confidence; });
  for (size_t first = 0, last = 0; first < claims.size(); first = last) {
    double right = 0;
    while (last < claims.size() && claims[last].confidence == claims[first].confidence) right += claims[last++].right;
    for (size_t i = first; i < last; ++i) claims[i].right = right / double(last - first);
  }
  std::vector<double> gap(static_cast<size_t>(bins));
  const size_t least = claims.size() / size_t(bins), longer = claims.size() % size_t(bins);
  size_t next = 0;
  for (size_t bin = 0; bin < gap.size(); ++bin) {
    for (size_t end = next + least + (bin < longer); next < end; ++next) gap[bin] += claims[next].right - claims[next].confidence;
  }
  return mean_gap(gap, truth.size());
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
