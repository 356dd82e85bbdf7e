// espalier merge: base, update and head of a run as one Hugging Face folder.
#include <CLI/CLI.hpp>

#include <nlohmann/json.hpp>

#include "espalier/base/text.h"
#include "espalier/cli/common_flags.h"
#include "espalier/cli/output.h"
#include "espalier/cli/verbs.h"
#include "espalier/io/json.h"

namespace espalier {
namespace {

struct MergeFlags {
  std::string run, out;
  OpenFlags open;
};

/// "transformers: BertForSequenceClassification.from_pretrained("dx-model")"
std::string loader_of(const fs::path& folder) {
  const nlohmann::json config = read_json(folder / "config.json");
  const auto found = config.find("architectures");
  if (found == config.end() || !found->is_array() || found->empty() || !found->front().is_string()) return "";
  return fmt::format("transformers loads it: {}.from_pretrained(\"{}\")\n", found->front().get<std::string>(), folder.string());
}

int merge(const MergeFlags& flags) {
  use_threads(flags.open.threads);
  const std::string source = flags.run.empty() ? flags.open.model : flags.run;
  if (source.empty())
    throw usage_error("no run is named").hint("merge RUN --out FOLDER, or merge --model MODEL --adapter FOLDER --out FOLDER");
  Console console;
  Session session = open_any(source, flags.open, flags.open.options(), console);
  const MergeReport report = merge_run(session, flags.out, console);
  if (report.merged.empty()) {
    print("nothing to merge: what was trained is the model itself\n");
  } else {
    print(fmt::format("merged {} into the base\n", join(report.merged, ", ")));
  }
  print(fmt::format("largest change of a logit: {:.2g} (logits reach {:.3g})\n", report.largest_change, report.largest_logit));
  print(fmt::format("{}: {}\n", flags.out, human_bytes(report.bytes)));
  print(loader_of(flags.out));
  print(fmt::format("here: {} predict {} FILE\n", program_name(), shell_word(flags.out)));
  return 0;
}

}  // namespace

void add_merge(CLI::App& app, Work& work) {
  CLI::App* verb = app.add_subcommand("merge", "write base, update and head of a run as one Hugging Face folder");
  auto flags = std::make_shared<MergeFlags>();
  verb->add_option("run", flags->run, "a run folder")->type_name("RUN");
  verb->add_option("--out", flags->out, "folder of the merged model; must be empty or not there")
      ->type_name("FOLDER")
      ->required();
  flags->open.add(*verb, true);
  verb->callback([flags, &work] { work = [flags] { return merge(*flags); }; });
}

}  // namespace espalier
