// Every figure equal to the reference implementations on the stored random cases.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>

#include "tests/support/metric_case.h"

namespace espalier {
namespace {

// Both sides add at most a hundred terms in double precision in different orders: 100 * 2.2e-16 relative, and the quotient of
// two such sums; 1e-12 leaves room, and a wrong definition is off by more than 1e-4 on inputs this small.
constexpr double kTolerance = 1e-12;

TEST(MetricsOracle, EqualsTheReferenceLibraries) {
  std::ifstream file(std::string(ESPALIER_TESTS_DIR) + "/oracle/metrics/cases.json");
  ASSERT_TRUE(file) << "tests/oracle/metrics/cases.json";
  std::map<std::string, int> seen;
  int number = 0;
  for (std::string line; std::getline(file, line); ++number) {
    const nlohmann::json given = nlohmann::json::parse(line);
    std::string worst;
    EXPECT_LE(support::metric_deviation(given, &worst), kTolerance) << "case " << number << ": " << worst;
    ++seen[given.at("kind")];
  }
  for (const char* kind : {"classes", "probabilities", "values", "labels", "tags"}) EXPECT_GE(seen[kind], 60) << kind;
}

// Texts give counts, which are whole; what is left is rounding of some hundred terms, logarithms and exponentials.
constexpr double kTextTolerance = 1e-12;

class TextMetricsOracle : public testing::TestWithParam<const char*> {};

TEST_P(TextMetricsOracle, EqualsTheReferenceImplementations) {
  const std::string name = GetParam() + std::string(".jsonl");
  std::ifstream file(std::string(ESPALIER_TESTS_DIR) + "/oracle/metrics/" + name);
  ASSERT_TRUE(file) << name;
  int number = 0;
  for (std::string line; std::getline(file, line); ++number) {
    const nlohmann::json given = nlohmann::json::parse(line);
    std::string worst;
    EXPECT_LE(support::metric_deviation(given, &worst), kTextTolerance) << name << ":" << number + 1 << ": " << worst << "\n"
                                                                        << line;
  }
  EXPECT_GE(number, 10);
}

INSTANTIATE_TEST_SUITE_P(Families, TextMetricsOracle,
                         testing::Values("bleu", "rouge", "squad", "vqa", "cider", "ptb", "language"),
                         [](const auto& family) { return std::string(family.param); });

}  // namespace
}  // namespace espalier
