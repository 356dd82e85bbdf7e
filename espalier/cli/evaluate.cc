// espalier evaluate: a run or a model against a labelled file.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "espalier/base/text.h"
#include "espalier/cli/common_flags.h"
#include "espalier/cli/evaluation.h"
#include "espalier/cli/output.h"
#include "espalier/cli/verbs.h"
#include "espalier/data/dataset.h"
#include "espalier/train/metric_fit.h"

namespace espalier {
namespace {

struct EvaluateFlags {
  std::string run, data;
  std::vector<std::string> metrics;
  OpenFlags open;
  FileFlags file;
  bool json = false;
};

/// The file to be looked at: --data, else the run's own test or dev file.
std::string file_of(const EvaluateFlags& flags, const Session& session) {
  if (!flags.data.empty()) return flags.data;
  if (session.plan) {
    const DataOptions& data = session.plan->recipe.data;
    if (!data.test.empty()) return data.test;
    if (!data.dev.empty()) return data.dev;
  }
  throw usage_error("no file is named").hint("give --data FILE, with the column of the labels");
}

/// The task's own metrics, and those that were asked for.
void add_metrics(const std::vector<std::string>& names, Task& task) {
  for (const std::string& name : names) {
    require_fitting_metric(name, task.kind, "--metric");
    if (std::find(task.metrics.begin(), task.metrics.end(), name) == task.metrics.end()) task.metrics.push_back(name);
  }
}

int evaluate_verb(const EvaluateFlags& flags) {
  use_threads(flags.open.threads);
  const std::string source = flags.run.empty() ? flags.open.model : flags.run;
  if (source.empty())
    throw usage_error("no run and no model is named").hint("evaluate RUN --data FILE, or evaluate --model MODEL --data FILE");
  Console console;
  Session session = open_any(source, flags.open, flags.open.options(), console);
  add_metrics(flags.metrics, session.task);
  const std::string path = file_of(flags, session);
  EvaluateFileOptions options;
  options.text = flags.file.text_columns();
  options.label = flags.file.label_columns();
  options.format = flags.file.format;
  options.header = !flags.file.no_header;
  options.quote = flags.file.quotes();
  const Evaluated evaluated = evaluate_file(session, path, options, console);
  if (flags.json) {
    print(evaluation_json(session.task, evaluated).dump(2) + "\n");
  } else {
    print(evaluation_text(session.task, evaluated));
  }
  return 0;
}

}  // namespace

void add_evaluate(CLI::App& app, Work& work) {
  CLI::App* verb = app.add_subcommand("evaluate", "figures of a run or a model on a labelled file, each with its interval");
  auto flags = std::make_shared<EvaluateFlags>();
  verb->add_option("run", flags->run, "a run folder, or a model's folder")->type_name("RUN");
  verb->add_option("--data", flags->data, "a labelled file; by default the run's own test or dev file")->type_name("FILE");
  verb->add_option("--metric", flags->metrics, "further figures, such as calibration_error,log_loss; see `espalier list metrics`")
      ->type_name("NAMES")
      ->delimiter(',');
  flags->open.add(*verb, true);
  verb->add_flag("--json", flags->json, "one JSON object");
  flags->file.add(*verb, true);
  verb->callback([flags, &work] { work = [flags] { return evaluate_verb(*flags); }; });
}

}  // namespace espalier
