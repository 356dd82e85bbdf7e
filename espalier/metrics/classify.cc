// Confusion matrix and the scores that follow from its margins and diagonal.
#include "espalier/metrics/classify.h"

#include <algorithm>
#include <cmath>

#include "espalier/base/error.h"
#include "espalier/metrics/check.h"

namespace espalier {
namespace {

constexpr int64_t kMostClasses = 20000;  // of a matrix that is kept whole: 3.2 GB

struct Margins {
  explicit Margins(const Confusion& c) : truth(size_t(c.classes)), predicted(size_t(c.classes)) {
    for (int64_t t = 0; t < c.classes; ++t) {
      for (int64_t p = 0; p < c.classes; ++p) {
        truth[size_t(t)] += c.at(t, p);
        predicted[size_t(p)] += c.at(t, p);
      }
      right += c.at(t, t);
    }
  }
  std::vector<int64_t> truth, predicted;
  int64_t right = 0;
};

ClassScores class_scores(int64_t hits, int64_t truth, int64_t predicted) {
  return {ratio(double(hits), double(predicted)), ratio(double(hits), double(truth)),
          ratio(2.0 * double(hits), double(truth + predicted)), truth};
}

}  // namespace

Confusion::Confusion(std::span<const int64_t> truth, std::span<const int64_t> predicted, int64_t class_count)
    : classes(class_count), total(int64_t(truth.size())) {
  require_same_size(truth.size(), predicted.size(), "classes");
  if (classes < 1 || classes > kMostClasses) {
    throw unsupported_error("a confusion matrix of {} classes; expected 1 to {}", classes, kMostClasses);
  }
  require_classes(truth, classes, "true class");
  require_classes(predicted, classes, "predicted class");
  counts.assign(size_t(classes * classes), 0);
  for (size_t i = 0; i < truth.size(); ++i) ++counts[size_t(truth[i] * classes + predicted[i])];
}

ClassReport::ClassReport(const Confusion& confusion) {
  const Margins margins(confusion);
  double present = 0;
  for (int64_t k = 0; k < confusion.classes; ++k) {
    const int64_t truth = margins.truth[size_t(k)], predicted = margins.predicted[size_t(k)];
    const ClassScores& s = classes.emplace_back(class_scores(confusion.at(k, k), truth, predicted));
    if (truth + predicted == 0) continue;
    present += 1;
    macro_precision += s.precision, macro_recall += s.recall, macro_f1 += s.f1;
    const double support = double(truth);
    weighted_precision += support * s.precision, weighted_recall += support * s.recall, weighted_f1 += support * s.f1;
  }
  for (double* mean : {&macro_precision, &macro_recall, &macro_f1}) *mean = ratio(*mean, present);
  for (double* mean : {&weighted_precision, &weighted_recall, &weighted_f1}) *mean = ratio(*mean, double(confusion.total));
  accuracy = ratio(double(margins.right), double(confusion.total));
  const auto most = std::max_element(margins.truth.begin(), margins.truth.end());
  majority_class = most - margins.truth.begin();
  majority_share = ratio(double(*most), double(confusion.total));
}

ClassReport class_report(std::span<const int64_t> truth, std::span<const int64_t> predicted, int64_t classes) {
  return ClassReport(Confusion(truth, predicted, classes));
}

double accuracy(std::span<const int64_t> truth, std::span<const int64_t> predicted) {
  require_same_size(truth.size(), predicted.size(), "classes");
  int64_t right = 0;
  for (size_t i = 0; i < truth.size(); ++i) right += truth[i] == predicted[i];
  return ratio(double(right), double(truth.size()));
}

double binary_f1(const Confusion& confusion) {
  if (confusion.classes != 2) {
    throw usage_error("metric f1 is that of class 1 of two, and there are {} classes", confusion.classes)
        .hint("choose macro_f1, weighted_f1 or accuracy");
  }
  const Margins margins(confusion);
  return class_scores(confusion.at(1, 1), margins.truth[1], margins.predicted[1]).f1;
}

// Gorodkin 2004: the correlation of the two one-hot codings.
double matthews(const Confusion& confusion) {
  const Margins margins(confusion);
  double both = 0, truth = 0, predicted = 0;
  for (size_t k = 0; k < margins.truth.size(); ++k) {
    const double t = double(margins.truth[k]), p = double(margins.predicted[k]);
    both += t * p, truth += t * t, predicted += p * p;
  }
  const double n = double(confusion.total), below = (n * n - truth) * (n * n - predicted);
  return below <= 0 ? 0 : (n * double(margins.right) - both) / std::sqrt(below);
}

double balanced_accuracy(const Confusion& confusion) {
  const Margins margins(confusion);
  double sum = 0, present = 0;
  for (int64_t k = 0; k < confusion.classes; ++k) {
    const int64_t truth = margins.truth[size_t(k)];
    sum += ratio(double(confusion.at(k, k)), double(truth));
    present += truth > 0;
  }
  return ratio(sum, present);
}

std::vector<ConfusedPair> confused_pairs(const Confusion& confusion, size_t limit) {
  const Margins margins(confusion);
  std::vector<ConfusedPair> pairs;
  for (int64_t t = 0; t < confusion.classes; ++t) {
    for (int64_t p = 0; p < confusion.classes; ++p) {
      const int64_t count = confusion.at(t, p);
      if (t != p && count > 0) pairs.push_back({t, p, count, double(count) / double(margins.truth[size_t(t)])});
    }
  }
  std::stable_sort(pairs.begin(), pairs.end(), [](const ConfusedPair& a, const ConfusedPair& b) { return a.count > b.count; });
  if (pairs.size() > limit) pairs.resize(limit);
  return pairs;
}

}  // namespace espalier
