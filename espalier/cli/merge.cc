// espalier merge: base, update and head of a run as one Hugging Face folder.
#include <CLI/CLI.hpp>

#include "espalier/base/text.h"
#include "espalier/cli/common_flags.h"
#include "espalier/cli/output.h"
#include "espalier/cli/verbs.h"

namespace espalier {
namespace {

struct MergeFlags {
  std::string run, out;
  OpenFlags open;
};

/// Which class or library reads the folder.
std::string readers_of(const SavedModel& saved, const std::string& folder, Pooling pooling) {
  if (!saved.sentence_encoder) {
    return fmt::format("transformers loads it: {}.from_pretrained(\"{}\")\n", saved.architecture, folder);
  }
  std::string text = fmt::format("sentence-transformers loads it: SentenceTransformer(\"{}\")\n", folder);
  text += fmt::format("its texts are embedded by '{}' pooling, which no class of transformers does\n", pooling_name(pooling));
  if (saved.head_beside) {
    text +=
        fmt::format("the head stands beside it, in {}: {} reads both\n", (fs::path(folder) / "head").string(), program_name());
  }
  return text;
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
  const Head* head = session.model->head();
  print(readers_of(report.saved, flags.out, head != nullptr ? head->options().pooling : Pooling::automatic));
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
