// Reads cases of tools/oracle/make_metrics.py and make_text_metrics.py, one JSON object a line, and says how far our figures are
// from theirs.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <string>

#include "tests/support/metric_case.h"

int main() {
  constexpr double kTolerance = 1e-12;  // rounding of sums of at most a hundred terms, see tests/metrics/oracle_test.cc
  std::map<std::string, int> seen;
  double largest = 0;
  int number = 0, failures = 0;
  for (std::string line; std::getline(std::cin, line); ++number) {
    const nlohmann::json given = nlohmann::json::parse(line);
    std::string worst;
    const double deviation = espalier::support::metric_deviation(given, &worst);
    largest = std::max(largest, deviation);
    ++seen[given.at("kind")];
    if (deviation <= kTolerance) continue;
    if (++failures <= 10) fmt::print("case {}: {} differs by {:.2e}\n  {}\n", number, worst, deviation, line);
  }
  for (const auto& [kind, count] : seen) fmt::print("{:>6} {}\n", count, kind);
  fmt::print("metrics parity: {} cases, {} failures, largest deviation {:.1e}\n", number, failures, largest);
  return failures == 0 && number > 0 ? 0 : 1;
}
