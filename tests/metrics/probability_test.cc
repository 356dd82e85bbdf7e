// Class probabilities at their edges: one class only, ties, bins with nothing in them.
#include "espalier/metrics/probability.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "tests/support/files.h"

namespace espalier {
namespace {

using Classes = std::vector<int64_t>;
using Values = std::vector<double>;

TEST(Probability, OneClassOnly) {
  const Values p{0.9, 0.1, 0.3, 0.7};
  EXPECT_EQ(auroc(Classes{1, 1}, p, 2), 0.5);
  EXPECT_EQ(auroc(Classes{0, 0}, p, 2), 0.5);
  EXPECT_EQ(auroc(Classes{0, 0}, Values{1, 1}, 1), 0.5);
  EXPECT_NEAR(calibration_error(Classes{0, 0}, Values{1, 1}, 1), 0, 1e-15);
}

TEST(Probability, TiesCountHalf) {
  EXPECT_DOUBLE_EQ(auroc(Classes{0, 1, 0, 1}, Values{0.5, 0.5, 0.5, 0.5, 0.9, 0.1, 0.1, 0.9}, 2), 0.875);
}

TEST(Probability, AdaptiveBinsDoNotHangOnTheOrderOfTies) {
  Classes truth;
  Values p;
  for (int64_t i = 0; i < 40; ++i) {
    truth.push_back(i % 3 == 0);
    p.push_back(i < 30 ? 0.75 : 0.5), p.push_back(i < 30 ? 0.25 : 0.5);
  }
  const double forwards = adaptive_calibration_error(truth, p, 2);
  Classes reversed(truth.rbegin(), truth.rend());
  Values reversed_p;
  for (size_t i = truth.size(); i-- > 0;) reversed_p.insert(reversed_p.end(), {p[2 * i], p[2 * i + 1]});
  EXPECT_DOUBLE_EQ(adaptive_calibration_error(reversed, reversed_p, 2), forwards);
}

TEST(Probability, FewerRowsThanBins) {
  const Classes truth{1, 0};
  const Values p{0.25, 0.75, 0.125, 0.875};
  EXPECT_DOUBLE_EQ(adaptive_calibration_error(truth, p, 2), (0.25 + 0.875) / 2);
  EXPECT_DOUBLE_EQ(adaptive_calibration_error(truth, p, 2, 1), 0.625 / 2);
  EXPECT_EQ(adaptive_calibration_error(Classes{}, Values{}, 2), 0);
  support::expect_error(ErrorKind::bug, [&] { adaptive_calibration_error(truth, p, 2, 0); }, {"0 bins"});
}

TEST(Probability, DivergedModelsAreNamed) {
  const Values p{0.5, std::numeric_limits<double>::quiet_NaN()};
  for (const auto figure : {auroc, log_loss})
    support::expect_error(ErrorKind::numeric, [&] { figure(Classes{1}, p, 2); }, {"probability 1 is nan"});
  support::expect_error(ErrorKind::data, [] { auroc(Classes{2}, Values{0.5, 0.5}, 2); }, {"true class 2", "expected 0 to 1"});
}

}  // namespace
}  // namespace espalier
