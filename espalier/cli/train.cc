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
#include "espalier/recipe/plan_change.h"
#include "espalier/recipe/run.h"
#include "espalier/report/compare.h"

namespace espalier {
namespace {

struct TrainFlags {
  RecipeFlags recipe;
  std::string out, seeds;
  std::vector<std::string> resume;  // a folder; empty text or "auto": that of --out
  bool resuming = false, overwrite = false, dry_run = false, no_pictures = false, profiling = false;
  int64_t threads = 0, profile = 0;
  bool older() const { return resuming && resume.front() == "auto"; }
  bool names_folder() const { return resuming && !resume.front().empty() && !older(); }
};

std::string resume_line(const fs::path& folder) {
  return fmt::format("{} train --resume {}", program_name(), shell_word(folder.string()));
}

std::string predict_line(const fs::path& folder, const Plan& plan) {
  if (plan.recipe.data.kind == "causal_lm") {
    return fmt::format("{} generate {} \"a beginning\"", program_name(), shell_word(folder.string()));
  }
  const std::string suffix = fs::path(plan.recipe.data.train).extension().string();
  return fmt::format("{} predict {} new{}", program_name(), shell_word(folder.string()), suffix.empty() ? ".txt" : suffix);
}

/// What stands in the way of a new run is found before the data are read.
void refuse_existing(const TrainFlags& flags, const fs::path& out) {
  if (!flags.overwrite && !flags.resuming && fs::exists(out)) RunFolder::prepare(out);
}

class Training {
 public:
  explicit Training(const TrainFlags& flags) : flags_(flags) {}

  int start(const Plan& plan, const fs::path& out) { return finish(out, run_training(plan, out, options(), console_)); }

  /// `settings`: what the rest of the line asks for; the run's own when it asks for nothing.
  int go_on(const fs::path& out, const std::optional<Recipe>& settings = {}) {
    RunOptions going = options();
    if (settings) going.settings = &*settings;
    return finish(out, resume_training(out, going, console_));
  }

  Console& console() { return console_; }

 private:
  RunOptions options() {
    RunOptions options;
    options.existing = flags_.overwrite ? Existing::overwrite : Existing::refuse;
    options.command = typed_line();
    options.older = flags_.older();
    if (flags_.resuming) options.model = flags_.recipe.typed("--model");
    interrupt_.emplace();  // not before: while a plan is made, Ctrl-C simply ends
    options.stop = interrupt_->flag();
    options.show = [this](const Plan& plan) { return std::make_unique<TrainingBar>(plan, console_); };
    options.pictures = !flags_.no_pictures;
    options.profile = flags_.profile;
    return options;
  }

  int finish(const fs::path& out, const RunResult& result) {
    if (!result.profile.empty()) print(result.profile + "\n");
    if (result.ending == Ending::interrupted) {
      console_.note(result.steps > 0
                        ? fmt::format("saved at step {} of {}; to go on:", with_commas(result.step), with_commas(result.steps))
                        : "nothing is saved of a fit; to begin it again:");
      print(resume_line(out) + "\n");
      return interrupt_->exit_code();
    }
    print(result.text);
    if (!result.text.empty() && !result.text.ends_with("\n")) print("\n");
    if (result.ending == Ending::stopped_early) {
      print(fmt::format("stopped early at step {} of {}\n", with_commas(result.step), with_commas(result.steps)));
    }
    if (result.skipped > 0) {
      print(fmt::format("{} of {} steps skipped, because a number was not finite\n", with_commas(result.skipped),
                        with_commas(result.step)));
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

std::string absolute(const std::string& path) { return path.empty() ? path : fs::absolute(path).lexically_normal().string(); }

/// The recipe that a line asks for beside --resume, to be compared with the run's own; nullopt when it asks for nothing.
std::optional<Recipe> settings_of(const TrainFlags& flags, const Plan& run, Log& log, const Value* line = nullptr) {
  const std::vector<std::string> names = flags.recipe.names();
  if (names.empty() || names == std::vector<std::string>{"--model"}) return std::nullopt;
  if (flags.recipe.says_what()) {
    Recipe recipe = read_recipe(line != nullptr ? *line : flags.recipe.tree());
    if (recipe.train.precision == "auto") recipe.train.precision = run.recipe.train.precision;  // measured once
    return resolve(recipe, log).recipe;
  }
  Recipe recipe = read_recipe(flags.recipe.over(write_options(run.recipe)));
  for (std::string* path : {&recipe.data.train, &recipe.data.dev, &recipe.data.test}) *path = absolute(*path);
  return recipe;
}

int go_on(const TrainFlags& flags, const fs::path& out, const Value* line = nullptr) {
  Training training(flags);
  std::optional<Recipe> settings;
  if (fs::exists(out / "plan.toml")) {
    const Plan plan = load_plan(out / "plan.toml");
    if (flags.threads == 0) use_threads(plan.facts.threads);  // another number may give other bits
    MemoryLog quiet;
    settings = settings_of(flags, plan, quiet, line);
  }
  return training.go_on(out, settings);
}

int train_seed(const TrainFlags& flags, int64_t seed, const fs::path& out, bool first) {
  refuse_existing(flags, out);
  Value tree = flags.recipe.tree();
  tree.set("seed", Value(seed).at("--seeds"));
  Training training(flags);
  if (flags.resuming && fs::exists(out / "result.json")) {
    MemoryLog quiet;
    const Plan done = load_plan(out / "plan.toml");
    if (const std::optional<Recipe> settings = settings_of(flags, done, quiet, &tree)) {
      Plan asked = done;
      asked.recipe = *settings;
      allowed_changes(done, asked, out.string());
    }
    training.console().note(fmt::format("seed {} is done", seed));
    return 0;
  }
  training.console().note(fmt::format("seed {}", seed));
  if (flags.resuming && fs::exists(out / "plan.toml")) return go_on(flags, out, &tree);
  const Plan plan = resolve(read_recipe(tree), training.console());
  if (first) print(plan.text());
  return training.start(plan, out);
}

int train_seeds(const TrainFlags& flags) {
  std::vector<RunSummary> runs;
  for (const std::string& text : names_in(flags.seeds)) {
    const auto seed = parse_int(text);
    if (!seed || *seed < 0)
      throw usage_error("--seeds {}; expected whole numbers with commas, such as 1,2,3", printable(flags.seeds));
    const fs::path out = fs::path(flags.out) / fmt::format("seed-{}", *seed);
    use_threads(flags.threads);
    if (const int code = train_seed(flags, *seed, out, runs.empty())) {
      Console().note("to go on with all seeds, give the same line with --resume");
      return code;
    }
    runs.push_back(read_run(out));
  }
  print("\n" + compare_table(runs, {.group_seeds = false}).text());
  if (runs.size() > 1) print("\n" + compare_table(runs).text());
  return 0;
}

int train(const TrainFlags& flags) {
  if (flags.profiling && flags.profile < 1) throw usage_error("--profile {}; expected 1 step or more", flags.profile);
  use_threads(flags.threads);
  if (flags.names_folder()) {
    if (!flags.out.empty())
      throw usage_error("--resume {} names the folder already; --out cannot be another", flags.resume.front())
          .hint("--resume auto --out FOLDER goes on with an older checkpoint where newer ones are damaged");
    if (!flags.seeds.empty()) throw usage_error("--seeds goes with --out FOLDER --resume, without a folder after --resume");
  }
  const fs::path out = flags.names_folder() ? flags.resume.front() : flags.out;
  if (!flags.recipe.any() && (!flags.resuming || !flags.seeds.empty())) {
    throw usage_error("nothing says what to train")
        .hint("train --model MODEL --data FILE --text COLUMN --label COLUMN --out FOLDER, or train RECIPE --out FOLDER");
  }
  if (out.empty() && !flags.dry_run) throw usage_error("no folder for the run is named").hint("give --out FOLDER");
  if (!flags.seeds.empty() && !flags.dry_run) return train_seeds(flags);
  const bool goes_on = flags.resuming && !flags.dry_run;
  if (goes_on && (flags.names_folder() || !flags.recipe.says_what() || fs::exists(out / "plan.toml"))) {
    const int code = go_on(flags, out);
    if (code == 0) print(predict_line(out, load_plan(out / "plan.toml")) + "\n");
    return code;
  }

  if (!flags.dry_run) refuse_existing(flags, out);
  Training training(flags);
  const Plan plan = resolve(read_recipe(flags.recipe.tree()), training.console());
  print(plan.text());
  if (flags.dry_run) {
    print(fmt::format("{:<10}{}\n", "time", estimate_time(plan).text()));
    return 0;
  }
  const int code = training.start(plan, out);
  if (code == 0) print(predict_line(out, plan) + "\n");
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
  verb->add_option("--resume", flags->resume,
                   "go on with that run, or with the one in --out; auto: with an older checkpoint where newer ones are damaged")
      ->type_name("[FOLDER|auto]")
      ->expected(0, 1)
      ->group("Run");
  verb->add_flag("--overwrite", flags->overwrite, "replace the run in --out")->group("Run");
  verb->add_flag("--dry-run", flags->dry_run, "print plan, memory and time, and stop")->group("Run");
  verb->add_option("--seeds", flags->seeds, "train once for each, such as 1,2,3, and print mean ± deviation")
      ->type_name("LIST")
      ->group("Run");
  verb->add_option("--threads", flags->threads, "by default the physical cores that may be used")->type_name("N")->group("Run");
  verb->add_option("--profile", flags->profile, "print where so many steps go, place by place; also written to profile.json")
      ->type_name("STEPS")
      ->group("Run");
  verb->add_flag("--no-pictures", flags->no_pictures, "write no SVG files")->group("Run");
  verb->callback([verb, flags, &work] {
    flags->resuming = verb->count("--resume") > 0;
    flags->profiling = verb->count("--profile") > 0;
    if (flags->resume.empty()) flags->resume = {""};
    work = [flags] { return train(*flags); };
  });
}

}  // namespace espalier
