// Several runs side by side, read from their result.json and timing.json.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "espalier/base/files.h"
#include "espalier/base/table.h"

namespace espalier {

struct RunSummary {
  std::string name;                         // the folder's, for rows of the same method
  std::string method, task, model, metric;  // metric: the one that chose the best checkpoint
  int64_t seed = 0;
  std::string settings;                   // of plan.toml, without the seed: equal where only seeds differ
  std::map<std::string, double> metrics;  // "dev.accuracy", "test.macro_f1"
  std::optional<int64_t> trained_parameters, total_parameters, adapter_bytes;
  std::optional<double> seconds;
};

/// timing.json may be missing; result.json may not.
RunSummary read_run(const fs::path& folder);

struct CompareOptions {
  std::vector<std::string> metrics;  // columns, e.g. "test.accuracy"; empty: all of test, else all of dev, that any run has
  bool group_seeds = true;           // runs that differ in seed only become one row, mean ± sample deviation
};
/// One row a run or group, in the order given: method, runs (if grouped), metrics, trained parameters and their share of all,
/// mean seconds, adapter size. What a run does not say is a dash.
Table compare_table(std::span<const RunSummary> runs, const CompareOptions& options = {});

/// "0.6938" for one value, "0.6938 ± 0.0041" for several.
std::string mean_deviation(std::span<const double> values);

}  // namespace espalier
