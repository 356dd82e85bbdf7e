// espalier compare: runs side by side, and whether the difference could be chance.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "espalier/base/text.h"
#include "espalier/cli/output.h"
#include "espalier/cli/run_folders.h"
#include "espalier/cli/verbs.h"
#include "espalier/recipe/paired.h"
#include "espalier/report/compare.h"

namespace espalier {
namespace {

struct CompareFlags {
  std::vector<std::string> runs;
  std::string metrics;
  bool seeds_apart = false, markdown = false;
};

/// One line a metric: what the named run has more than the first.
Table paired_table(const std::vector<std::string>& names) {
  const std::vector<fs::path> first = run_folders({names[0]});
  Table table({fmt::format("against {}", names[0]), ">rows", "metric", ">difference", "95 % interval", ">p", "test"});
  for (size_t i = 1; i < names.size(); ++i) {
    const std::vector<fs::path> other = run_folders({names[i]});
    const Paired paired = compare_paired(first, other);
    if (!paired.problem.empty()) table.row({names[i], "–", "n/a: " + paired.problem, "", "", "", ""});
    for (const PairedFigure& figure : paired.figures) {
      const bool begins = &figure == &paired.figures.front();
      table.row({begins ? names[i] : "", begins ? with_commas(paired.rows) : "", figure.metric,
                 fmt::format("{:+.4f}", figure.difference), fmt::format("[{:+.4f}, {:+.4f}]", figure.low, figure.high),
                 fmt::format("{:.2g}", figure.p), figure.test});
    }
  }
  return table;
}

int compare(const CompareFlags& flags) {
  std::vector<RunSummary> runs;
  for (const fs::path& folder : run_folders(flags.runs)) runs.push_back(read_run(folder));
  CompareOptions options;
  options.group_seeds = !flags.seeds_apart;
  if (!flags.metrics.empty()) {
    for (const std::string& name : split(flags.metrics, ',')) options.metrics.emplace_back(trim(name));
  }
  const auto text = [&](const Table& table) { return flags.markdown ? table.markdown() : table.text(); };
  print(text(compare_table(runs, options)));
  if (flags.runs.size() > 1) print("\n" + text(paired_table(flags.runs)));
  return 0;
}

}  // namespace

void add_compare(CLI::App& app, Work& work) {
  CLI::App* verb = app.add_subcommand("compare", "runs side by side, and whether they differ by more than chance");
  auto flags = std::make_shared<CompareFlags>();
  verb->add_option("runs", flags->runs, "run folders, or folders of runs, such as those of `train --seeds` and `sweep`")
      ->type_name("RUN...")
      ->required();
  verb->add_option("--metrics", flags->metrics, "columns, such as test.accuracy,test.macro_f1")->type_name("NAMES");
  verb->add_flag("--seeds-apart", flags->seeds_apart, "one row for each seed");
  verb->add_flag("--markdown", flags->markdown, "a table for documents");
  verb->callback([flags, &work] { work = [flags] { return compare(*flags); }; });
}

}  // namespace espalier
