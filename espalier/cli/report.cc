// espalier report: runs as one HTML page to look at and to hand on.
#include <CLI/CLI.hpp>

#include "espalier/base/text.h"
#include "espalier/cli/output.h"
#include "espalier/cli/run_folders.h"
#include "espalier/cli/verbs.h"
#include "espalier/recipe/run_page.h"
#include "espalier/report/compare.h"

namespace espalier {
namespace {

struct ReportFlags {
  std::vector<std::string> runs;
  std::string out;
};

int report(const ReportFlags& flags) {
  const std::vector<fs::path> folders = run_folders(flags.runs);
  std::vector<RunPage> pages;
  std::vector<RunSummary> finished;
  for (const fs::path& folder : folders) {
    pages.push_back(read_page(folder));
    if (fs::exists(folder / "result.json")) finished.push_back(read_run(folder));
  }
  std::optional<Table> comparison;
  if (finished.size() > 1) comparison = compare_table(finished);
  const fs::path out = flags.out.empty() ? fs::path(flags.runs.front()) / "report.html" : fs::path(flags.out);
  write_file(out, report_html(pages, comparison));
  print(out.string() + "\n");
  return 0;
}

}  // namespace

void add_report(CLI::App& app, Work& work) {
  CLI::App* verb = app.add_subcommand("report", "one HTML page of runs: figures, curves, classes, plan, machine and command");
  auto flags = std::make_shared<ReportFlags>();
  verb->add_option("runs", flags->runs, "run folders, or folders of runs, such as those of `train --seeds` and `sweep`")
      ->type_name("RUN...")
      ->required();
  verb->add_option("--out", flags->out, "by default report.html in the first folder")->type_name("FILE");
  verb->callback([flags, &work] { work = [flags] { return report(*flags); }; });
}

}  // namespace espalier
