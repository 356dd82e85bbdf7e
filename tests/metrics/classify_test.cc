// Degenerate input, refusals and hand-worked cases of the classification metrics.
#include "espalier/metrics/classify.h"

#include <gtest/gtest.h>

#include "espalier/metrics/multilabel.h"
#include "espalier/metrics/probability.h"
#include "tests/support/files.h"

namespace espalier {
namespace {

using Classes = std::vector<int64_t>;

TEST(ClassReport, WorkedByHand) {
  const Classes truth{0, 0, 0, 1, 1, 2}, predicted{0, 0, 1, 1, 2, 2};
  const ClassReport r = class_report(truth, predicted, 4);
  EXPECT_DOUBLE_EQ(r.accuracy, 4.0 / 6);
  EXPECT_DOUBLE_EQ(r.classes[0].precision, 1);
  EXPECT_DOUBLE_EQ(r.classes[0].recall, 2.0 / 3);
  EXPECT_DOUBLE_EQ(r.classes[0].f1, 0.8);
  EXPECT_EQ(r.classes[3].support, 0);
  EXPECT_DOUBLE_EQ(r.macro_f1, (0.8 + 0.5 + 2.0 / 3) / 3) << "class 3 never occurs, so it does not count";
  EXPECT_EQ(r.majority_class, 0);
  EXPECT_DOUBLE_EQ(r.majority_share, 0.5);
}

TEST(ClassReport, EmptyInputIsZero) {
  const ClassReport r = class_report(Classes{}, Classes{}, 3);
  EXPECT_EQ(r.accuracy, 0);
  EXPECT_EQ(r.macro_f1, 0);
  EXPECT_EQ(r.majority_share, 0);
  EXPECT_EQ(matthews(Confusion(Classes{}, Classes{}, 3)), 0);
}

TEST(Confusion, RefusesWhatCannotBeCounted) {
  const Classes two{0, 1}, three{0, 1, 2}, negative{0, -1};
  support::expect_error(ErrorKind::data, [&] { Confusion(two, three, 3); }, {"2 true classes", "3 predicted"});
  support::expect_error(ErrorKind::data, [&] { Confusion(three, three, 2); }, {"true class 2 of example 2", "0 to 1"});
  support::expect_error(ErrorKind::data, [&] { Confusion(two, negative, 2); }, {"predicted class -1"});
  support::expect_error(ErrorKind::unsupported, [&] { Confusion(two, two, int64_t{1} << 40); }, {"20000"});
  support::expect_error(ErrorKind::usage, [&] { binary_f1(Confusion(three, three, 3)); }, {"3 classes", "macro_f1"});
}

TEST(Confusion, PairsAreOrderedByCount) {
  const Classes truth{0, 0, 1, 1, 1, 2, 2}, predicted{1, 2, 0, 0, 1, 1, 2};
  const std::vector<ConfusedPair> pairs = confused_pairs(Confusion(truth, predicted, 3), 3);
  ASSERT_EQ(pairs.size(), 3u);
  EXPECT_EQ(pairs[0].truth, 1);
  EXPECT_EQ(pairs[0].predicted, 0);
  EXPECT_EQ(pairs[0].count, 2);
  EXPECT_DOUBLE_EQ(pairs[0].share, 2.0 / 3);
  EXPECT_EQ(pairs[1].truth, 0) << "ties: lower truth first";
  EXPECT_EQ(pairs[1].predicted, 1);
}

TEST(Auroc, OneClassOnlyIsOneHalf) {
  EXPECT_EQ(auroc(Classes{1, 1}, std::vector<double>{0.2, 0.8, 0.4, 0.6}, 2), 0.5);
  EXPECT_EQ(auroc(Classes{}, {}, 3), 0.5);
}

TEST(Auroc, AbsentClassesAreLeftOut) {
  const std::vector<double> p{0.6, 0.3, 0.1, 0.5, 0.4, 0.1, 0.1, 0.8, 0.1};
  EXPECT_EQ(auroc(Classes{0, 1, 1}, p, 3), 1.0) << "class 2 never occurs; 0 and 1 are ranked perfectly";
}

TEST(Probabilities, RefusesWrongShapesAndNonFinite) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  support::expect_error(ErrorKind::data,
                        [&] {
                          log_loss(Classes{0, 1}, std::vector<double>{1, 0, 0}, 2);
                        },
                        {"3 probabilities for 2"});
  support::expect_error(ErrorKind::numeric,
                        [&] {
                          auroc(Classes{0, 1}, std::vector<double>{1, 0, nan, 0}, 2);
                        },
                        {"probability 2 is nan"});
}

TEST(LogLoss, ClipsCertainty) {
  EXPECT_NEAR(log_loss(Classes{0}, std::vector<double>{0, 1}, 2), 36.04365338911715, 1e-12) << "-log(2^-52)";
  EXPECT_EQ(log_loss(Classes{}, {}, 2), 0);
}

TEST(Calibration, ExtremeConfidencesFallIntoTheOuterBins) {
  EXPECT_EQ(calibration_error(Classes{0}, std::vector<double>{1, 0}, 2), 0);
  EXPECT_EQ(calibration_error(Classes{1}, std::vector<double>{0, 0}, 2), 0) << "confidence 0 and wrong";
}

TEST(Labels, RowsWithoutLabelsAndRefusals) {
  const std::vector<uint8_t> truth{0, 0, 1, 0}, predicted{0, 0, 1, 0};
  const LabelsReport r = labels_report(truth, predicted, 2);
  EXPECT_EQ(r.subset_accuracy, 1);
  EXPECT_EQ(r.samples_f1, 0.5) << "the empty row counts 0, as in scikit-learn";
  EXPECT_EQ(r.macro_f1, 0.5) << "so does the label that never occurs";
  support::expect_error(ErrorKind::data, [&] { labels_report(truth, predicted, 3); }, {"4 cells", "3 labels"});
}

}  // namespace
}  // namespace espalier
