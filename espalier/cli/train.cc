// espalier train: a recipe or flags into a run folder; going on with a run; several seeds.
#include <CLI/CLI.hpp>

#include <optional>

#include "espalier/base/text.h"
#include "espalier/cli/common_flags.h"
#include "espalier/cli/interrupt.h"
#include "espalier/cli/output.h"
#include "espalier/cli/recipe_flags.h"
#include "espalier/cli/time_estimate.h"
#include "espalier/cli/training_bar.h"
#include "espalier/cli/verbs.h"
#include "espalier/recipe/run.h"
#include "espalier/report/compare.h"

namespace espalier {
namespace {

struct TrainFlags {
  RecipeFlags recipe;
  std::string out, seeds;
  std::vector<std::string> resume;  // empty text: the folder of --out
  bool resuming = false, overwrite = false, dry_run = false, no_pictures = false;
  int64_t threads = 0;
};

std::string resume_line(const fs::path& folder) {
  return fmt::format("{} train --resume {}", program_name(), shell_word(folder.string()));
}

std::string predict_line(const fs::path& folder, const Plan& plan) {
  const std::string suffix = fs::path(plan.recipe.data.train).extension().string();
  return fmt::format("{} predict {} new{}", program_name(), shell_word(folder.string()), suffix.empty() ? ".txt" : suffix);
}

/// A folder that is in the way is found before the data are read.
void refuse_existing(const TrainFlags& flags, const fs::path& out) {
  if (!flags.overwrite && !flags.resuming && fs::exists(out)) RunFolder::prepare(out);
}

class Training {
 public:
  explicit Training(const TrainFlags& flags) : flags_(flags) {}

  int start(const Plan& plan, const fs::path& out, bool keep_going) {
    if (keep_going && fs::exists(out / "plan.toml")) return go_on(out, &plan);
    return finish(out, run_training(plan, out, options(), console_));
  }

  /// `asked` is the plan of the other flags on the line, which must be the run's own.
  int go_on(const fs::path& out, const Plan* asked = nullptr) {
    if (asked != nullptr && !(write_options(load_plan(out / "plan.toml").recipe) == write_options(asked->recipe))) {
      throw usage_error("the run was started with other settings, and --resume goes on with those")
          .at(out.string())
          .hint(fmt::format("`{}` alone goes on; another --out starts anew", resume_line(out)));
    }
    return finish(out, resume_training(out, options(), console_));
  }

  Console& console() { return console_; }

 private:
  RunOptions options() {
    RunOptions options;
    options.existing = flags_.overwrite ? Existing::overwrite : Existing::refuse;
    options.command = typed_line();
    if (flags_.resuming) options.model = flags_.recipe.typed("--model");
    interrupt_.emplace();  // not before: while a plan is made, Ctrl-C simply ends
    options.stop = interrupt_->flag();
    options.show = [this](const Plan& plan) { return std::make_unique<TrainingBar>(plan, console_); };
    options.pictures = !flags_.no_pictures;
    return options;
  }

  int finish(const fs::path& out, const RunResult& result) {
    if (result.ending == Ending::interrupted) {
      console_.note(fmt::format("saved at step {} of {}; to go on:", with_commas(result.step), with_commas(result.steps)));
      print(resume_line(out) + "\n");
      return interrupt_->exit_code();
    }
    print(result.text);
    if (!result.text.empty() && !result.text.ends_with("\n")) print("\n");
    if (result.ending == Ending::stopped_early) {
      print(fmt::format("stopped early at step {} of {}\n", with_commas(result.step), with_commas(result.steps)));
    }
    print(fmt::format("{}{}, adapter {}, in {}\n",
                      result.best_step >= 0 ? fmt::format("best at step {}, ", with_commas(result.best_step)) : "",
                      human_seconds(result.seconds), human_bytes(result.adapter_bytes), out.string()));
    return 0;
  }

  const TrainFlags& flags_;
  Console console_;
  std::optional<Interrupt> interrupt_;
};

void refuse_flags_of_start(const TrainFlags& flags) {
  for (const std::string& name : flags.recipe.names()) {
    if (name != "--model") {
      throw usage_error("{} cannot be given with --resume FOLDER: the run goes on with its own plan", name)
          .hint("leave it out, or start another run with another --out");
    }
  }
}

int train_seeds(const TrainFlags& flags) {
  std::vector<RunSummary> runs;
  for (const std::string& text : names_in(flags.seeds)) {
    const auto seed = parse_int(text);
    if (!seed || *seed < 0)
      throw usage_error("--seeds {}; expected whole numbers with commas, such as 1,2,3", printable(flags.seeds));
    const fs::path out = fs::path(flags.out) / fmt::format("seed-{}", *seed);
    if (!(flags.resuming && fs::exists(out / "result.json"))) {
      refuse_existing(flags, out);
      Training training(flags);
      Value tree = flags.recipe.tree();
      tree.set("seed", Value(*seed).at("--seeds"));
      training.console().note(fmt::format("seed {}", *seed));
      const Plan plan = resolve(read_recipe(tree), training.console());
      if (runs.empty()) print(plan.text());
      const int code = training.start(plan, out, flags.resuming);
      if (code != 0) {
        training.console().note("to go on with all seeds, give the same line with --resume");
        return code;
      }
    }
    runs.push_back(read_run(out));
  }
  print("\n" + compare_table(runs, {.group_seeds = false}).text());
  if (runs.size() > 1) print("\n" + compare_table(runs).text());
  return 0;
}

int train(const TrainFlags& flags) {
  use_threads(flags.threads);
  if (flags.resuming && !flags.resume.front().empty()) {
    if (!flags.out.empty())
      throw usage_error("--resume {} names the folder already; --out cannot be another", flags.resume.front());
    if (!flags.seeds.empty()) throw usage_error("--seeds goes with --out FOLDER --resume, without a folder after --resume");
    refuse_flags_of_start(flags);
    Training training(flags);
    const fs::path out = flags.resume.front();
    const int code = training.go_on(out);
    if (code == 0) print(predict_line(out, load_plan(out / "plan.toml")) + "\n");
    return code;
  }
  if (!flags.recipe.any()) {
    throw usage_error("nothing says what to train")
        .hint("train --model MODEL --data FILE --text COLUMN --label COLUMN --out FOLDER, or train RECIPE --out FOLDER");
  }
  if (flags.out.empty() && !flags.dry_run) throw usage_error("no folder for the run is named").hint("give --out FOLDER");
  if (!flags.seeds.empty() && !flags.dry_run) return train_seeds(flags);

  if (!flags.dry_run) refuse_existing(flags, flags.out);
  Training training(flags);
  const Plan plan = resolve(read_recipe(flags.recipe.tree()), training.console());
  print(plan.text());
  if (flags.dry_run) {
    print(fmt::format("{:<10}{}\n", "time", estimate_time(plan).text()));
    return 0;
  }
  const int code = training.start(plan, flags.out, flags.resuming);
  if (code == 0) print(predict_line(flags.out, plan) + "\n");
  return code;
}

}  // namespace

void add_train(CLI::App& app, Work& work) {
  CLI::App* verb = app.add_subcommand("train", "train a model with a method on your data, or go on with a run");
  auto flags = std::make_shared<TrainFlags>();
  flags->recipe.add(*verb);
  verb->add_option("--out", flags->out, "folder of the run: plan, events, figures, adapter, checkpoints")
      ->type_name("FOLDER")
      ->group("Run");
  verb->add_option("--resume", flags->resume, "go on with that run, or with the one in --out")
      ->type_name("[FOLDER]")
      ->expected(0, 1)
      ->group("Run");
  verb->add_flag("--overwrite", flags->overwrite, "replace the run in --out")->group("Run");
  verb->add_flag("--dry-run", flags->dry_run, "print plan, memory and time, and stop")->group("Run");
  verb->add_option("--seeds", flags->seeds, "train once for each, such as 1,2,3, and print mean ± deviation")
      ->type_name("LIST")
      ->group("Run");
  verb->add_option("--threads", flags->threads, "by default the physical cores that may be used")->type_name("N")->group("Run");
  verb->add_flag("--no-pictures", flags->no_pictures, "write no SVG files")->group("Run");
  verb->callback([verb, flags, &work] {
    flags->resuming = verb->count("--resume") > 0;
    if (flags->resume.empty()) flags->resume = {""};
    work = [flags] { return train(*flags); };
  });
}

}  // namespace espalier
