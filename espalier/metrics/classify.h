// Single-label classification: confusion matrix, precision, recall, F1 and their averages, Matthews correlation.
// Degenerate cases as in scikit-learn with zero_division=0: a ratio with nothing below the line is 0.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace espalier {

struct ClassScores {
  double precision = 0, recall = 0, f1 = 0;
  int64_t support = 0;  // examples whose true class this is
};

/// counts[t * classes + p]: examples of true class t predicted as p. Throws a data Error for a class outside 0 .. classes-1 or
/// for sequences of different length; at most 20,000 classes.
struct Confusion {
  Confusion(std::span<const int64_t> truth, std::span<const int64_t> predicted, int64_t classes);
  int64_t at(int64_t truth, int64_t predicted) const { return counts[size_t(truth * classes + predicted)]; }
  int64_t classes = 0, total = 0;
  std::vector<int64_t> counts;
};

struct ClassReport {
  explicit ClassReport(const Confusion& confusion);
  double accuracy = 0;
  double macro_precision = 0, macro_recall = 0, macro_f1 = 0;           // over classes that occur in truth or prediction
  double weighted_precision = 0, weighted_recall = 0, weighted_f1 = 0;  // weighted by support
  double majority_share = 0;                                            // accuracy of always saying the commonest true class
  int64_t majority_class = 0;
  std::vector<ClassScores> classes;  // all of them, absent ones with zeros
};
ClassReport class_report(std::span<const int64_t> truth, std::span<const int64_t> predicted, int64_t classes);

/// Share of equal entries; the class count does not matter, so it also serves vocabularies. The micro F1 of single labels is the
/// same.
double accuracy(std::span<const int64_t> truth, std::span<const int64_t> predicted);
double binary_f1(const Confusion& confusion);          ///< F1 of class 1; a usage Error unless there are two classes
double matthews(const Confusion& confusion);           ///< 0 when truth or prediction is constant
double balanced_accuracy(const Confusion& confusion);  ///< mean recall over the classes that occur in truth

struct ConfusedPair {
  int64_t truth = 0, predicted = 0, count = 0;
  double share = 0;  // of the true class
};
/// The most frequent mistakes, largest first (ties: lower truth, then lower predicted).
std::vector<ConfusedPair> confused_pairs(const Confusion& confusion, size_t limit = 10);

}  // namespace espalier
