// Counts of hits, truths and claims by label and by row, and the F1 averages of each.
#include "espalier/metrics/multilabel.h"

#include "espalier/base/error.h"
#include "espalier/metrics/check.h"
#include "espalier/metrics/probability.h"

namespace espalier {
namespace {

size_t row_count(size_t cells, int64_t labels) {
  if (labels < 1 || cells % size_t(labels) != 0) throw data_error("{} cells do not make whole rows of {} labels", cells, labels);
  return cells / size_t(labels);
}

}  // namespace

LabelsReport labels_report(std::span<const uint8_t> truth, std::span<const uint8_t> predicted, int64_t labels) {
  require_same_size(truth.size(), predicted.size(), "label cells");
  const size_t rows = row_count(truth.size(), labels), width = size_t(labels);
  std::vector<double> hits(width), trues(width), claims(width);
  LabelsReport report;
  double wrong_cells = 0;
  for (size_t i = 0; i < rows; ++i) {
    double row_hits = 0, row_trues = 0, row_claims = 0, row_wrong = 0;
    for (size_t k = 0; k < width; ++k) {
      const bool t = truth[i * width + k] != 0, p = predicted[i * width + k] != 0;
      hits[k] += t && p, trues[k] += t, claims[k] += p;
      row_hits += t && p, row_trues += t, row_claims += p, row_wrong += t != p;
    }
    report.samples_f1 += ratio(2 * row_hits, row_trues + row_claims);
    report.subset_accuracy += row_wrong == 0;
    wrong_cells += row_wrong;
  }
  double all_hits = 0, all_trues = 0, all_claims = 0;
  for (size_t k = 0; k < width; ++k) {
    const double f1 = ratio(2 * hits[k], trues[k] + claims[k]);
    report.labels.push_back({ratio(hits[k], claims[k]), ratio(hits[k], trues[k]), f1, int64_t(trues[k])});
    report.macro_f1 += f1 / double(width);
    report.weighted_f1 += f1 * trues[k];
    all_hits += hits[k], all_trues += trues[k], all_claims += claims[k];
  }
  report.micro_f1 = ratio(2 * all_hits, all_trues + all_claims);
  report.weighted_f1 = ratio(report.weighted_f1, all_trues);
  report.samples_f1 = ratio(report.samples_f1, double(rows));
  report.subset_accuracy = ratio(report.subset_accuracy, double(rows));
  report.hamming_loss = ratio(wrong_cells, double(truth.size()));
  return report;
}

double labels_auroc(std::span<const uint8_t> truth, std::span<const double> scores, int64_t labels) {
  require_same_size(truth.size(), scores.size(), "label cells");
  const size_t rows = row_count(truth.size(), labels), width = size_t(labels);
  std::vector<uint8_t> positive(rows);
  std::vector<double> score(rows);
  double sum = 0, counted = 0;
  for (size_t k = 0; k < width; ++k) {
    size_t positives = 0;
    for (size_t i = 0; i < rows; ++i) {
      positives += positive[i] = truth[i * width + k] != 0;
      score[i] = scores[i * width + k];
    }
    if (positives == 0 || positives == rows) continue;
    sum += binary_auroc(positive, score), counted += 1;
  }
  return counted == 0 ? 0.5 : sum / counted;
}

}  // namespace espalier
