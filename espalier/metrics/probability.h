// What class probabilities are worth: ranking (AUROC), honesty (calibration error) and log loss.
#pragma once

#include <cstdint>
#include <span>

namespace espalier {

/// Area under the ROC curve, ties counted half; equals sklearn.metrics.roc_auc_score. 0.5 when one of the classes is absent.
/// `positive[i]` is 0 or 1.
double binary_auroc(std::span<const uint8_t> positive, std::span<const double> score);

/// probabilities [N, classes], row after row. Two classes: the column of class 1. More: mean over classes of one against
/// the rest (multi_class='ovr', average='macro'); classes absent from truth, or alone in it, are left out of the mean.
double auroc(std::span<const int64_t> truth, std::span<const double> probabilities, int64_t classes);

/// Expected calibration error (Guo et al. 2017): sum over equal-width bins (a, b] of confidence of
/// share(bin) * |accuracy(bin) - mean confidence(bin)|.
double calibration_error(std::span<const int64_t> truth, std::span<const double> probabilities, int64_t classes,
                         int64_t bins = 15);

/// The same over bins of equally many examples (Nguyen and O'Connor 2015; Nixon et al. 2019, of the predicted class): rows in
/// the order of their confidence, the first N mod bins of the bins one longer. Rows of equal confidence share their mean
/// rightness, so that the order of the file decides nothing.
double adaptive_calibration_error(std::span<const int64_t> truth, std::span<const double> probabilities, int64_t classes,
                                  int64_t bins = 15);

/// Mean of -log p(true class), p clipped to [eps, 1 - eps] with the eps of double, as sklearn.metrics.log_loss.
double log_loss(std::span<const int64_t> truth, std::span<const double> probabilities, int64_t classes);

}  // namespace espalier
