// Whether two runs, or two groups of runs that differ in their seeds, differ by more than the chance of their dev rows.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "espalier/base/files.h"

namespace espalier {

struct PairedFigure {
  std::string metric;
  double difference = 0;     ///< second minus first
  double low = 0, high = 0;  ///< 95 %, bootstrap over rows
  double p = 1;              ///< two-sided
  std::string test;          ///< "McNemar, 120 : 90" or "bootstrap"
};

struct Paired {
  std::string problem;  ///< why there are no figures: other rows, no predictions; "" where there are
  int64_t rows = 0;
  std::vector<PairedFigure> figures;
};

/// From dev_predictions.tsv, its rows matched by their numbers; all of them must be in both and have the same truth. Accuracy of
/// two single runs is tested by McNemar's exact test; every other metric that answers alone decide, and groups of seeds (the mean
/// over a group's runs), by a paired bootstrap of `samples` draws of the rows.
Paired compare_paired(std::span<const fs::path> first, std::span<const fs::path> second, int64_t samples = 2000);

}  // namespace espalier
