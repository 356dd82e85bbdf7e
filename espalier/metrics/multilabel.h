// Several labels at once: truth and prediction are multi-hot rows [N, labels] of 0 and 1.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "espalier/metrics/classify.h"

namespace espalier {

struct LabelsReport {
  double micro_f1 = 0, macro_f1 = 0, weighted_f1 = 0;  // a label that is never true nor predicted has F1 0
  double samples_f1 = 0;                               // mean F1 of the rows; 0 for a row without any label
  double subset_accuracy = 0;                          // rows with every label right
  double hamming_loss = 0;                             // share of wrong cells
  std::vector<ClassScores> labels;
};
LabelsReport labels_report(std::span<const uint8_t> truth, std::span<const uint8_t> predicted, int64_t labels);

/// scores [N, labels]: mean AUROC over the labels that have both positives and negatives; 0.5 when there is none.
double labels_auroc(std::span<const uint8_t> truth, std::span<const double> scores, int64_t labels);

}  // namespace espalier
