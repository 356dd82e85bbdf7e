// espalier compare: runs side by side, and whether the difference could be chance.
#include <CLI/CLI.hpp>

#include <algorithm>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/cli/output.h"
#include "espalier/cli/verbs.h"
#include "espalier/io/rows.h"
#include "espalier/metrics/interval.h"
#include "espalier/report/compare.h"
#include "espalier/report/run.h"

namespace espalier {
namespace {

struct CompareFlags {
  std::vector<std::string> runs;
  std::string metrics;
  bool seeds_apart = false, markdown = false;
};

struct Predicted {
  std::vector<std::string> truth, prediction;
};

Predicted read_predictions(const fs::path& folder) {
  const fs::path path = RunFolder(folder).dev_predictions();
  Predicted out;
  if (!fs::exists(path)) return out;
  const auto rows = open_rows(path.string());
  const size_t truth = rows->column("truth"), prediction = rows->column("prediction");
  for (Row row; rows->next(row);) {
    out.truth.push_back(row.cells[truth]);
    out.prediction.push_back(row.cells[prediction]);
  }
  return out;
}

/// "a against b: right where the other is wrong 120 : 90 of 3,000 dev rows, p = 0.045 (McNemar)"; "" where it does not apply.
std::string paired_text(const std::string& first, const std::string& second) {
  const Predicted a = read_predictions(first), b = read_predictions(second);
  if (a.truth.empty() || a.truth != b.truth) return "";
  int64_t only_first = 0, only_second = 0, numbers = 0;
  for (size_t i = 0; i < a.truth.size(); ++i) {
    const bool right = a.prediction[i] == a.truth[i], other = b.prediction[i] == b.truth[i];
    only_first += right && !other;
    only_second += other && !right;
    numbers += a.truth[i].find('.') != std::string::npos && parse_double(a.truth[i]).has_value();
  }
  if (numbers > 0) return "";  // values are never exactly right
  return fmt::format("{} against {}: right where the other is wrong {} : {} of {} dev rows, p = {:.2g} (McNemar)\n", first,
                     second, with_commas(only_first), with_commas(only_second), with_commas(int64_t(a.truth.size())),
                     mcnemar(only_first, only_second));
}

int compare(const CompareFlags& flags) {
  std::vector<RunSummary> runs;
  for (const std::string& folder : flags.runs) {
    if (fs::is_directory(folder) && !fs::exists(fs::path(folder) / "plan.toml")) {
      std::vector<fs::path> seeds;  // of train --seeds
      for (const auto& entry : fs::directory_iterator(folder)) {
        if (fs::exists(entry.path() / "result.json")) seeds.push_back(entry.path());
      }
      std::sort(seeds.begin(), seeds.end());
      if (!seeds.empty()) {
        for (const fs::path& seed : seeds) runs.push_back(read_run(seed));
        continue;
      }
    }
    runs.push_back(read_run(folder));
  }
  CompareOptions options;
  options.group_seeds = !flags.seeds_apart;
  if (!flags.metrics.empty()) {
    for (const std::string& name : split(flags.metrics, ',')) options.metrics.emplace_back(trim(name));
  }
  const Table table = compare_table(runs, options);
  print(flags.markdown ? table.markdown() : table.text());
  std::string paired;
  for (size_t i = 1; i < flags.runs.size(); ++i) paired += paired_text(flags.runs.front(), flags.runs[i]);
  if (!paired.empty()) print("\n" + paired);
  return 0;
}

}  // namespace

void add_compare(CLI::App& app, Work& work) {
  CLI::App* verb =
      app.add_subcommand("compare", "runs side by side; those that differ in their seed only become mean ± deviation");
  auto flags = std::make_shared<CompareFlags>();
  verb->add_option("runs", flags->runs, "run folders, or a folder of `train --seeds`")->type_name("RUN...")->required();
  verb->add_option("--metrics", flags->metrics, "columns, such as test.accuracy,test.macro_f1")->type_name("NAMES");
  verb->add_flag("--seeds-apart", flags->seeds_apart, "one row for each seed");
  verb->add_flag("--markdown", flags->markdown, "a table for documents");
  verb->callback([flags, &work] { work = [flags] { return compare(*flags); }; });
}

}  // namespace espalier
