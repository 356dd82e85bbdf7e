// espalier sweep: the runs that a recipe's [sweep] names, one after the other, and what came of them.
#include <CLI/CLI.hpp>

#include "espalier/base/text.h"
#include "espalier/cli/common_flags.h"
#include "espalier/cli/interrupt.h"
#include "espalier/cli/output.h"
#include "espalier/cli/recipe_flags.h"
#include "espalier/cli/time_estimate.h"
#include "espalier/cli/training_bar.h"
#include "espalier/cli/verbs.h"
#include "espalier/recipe/sweep_run.h"
#include "espalier/recipe/toml.h"

namespace espalier {
namespace {

struct SweepFlags {
  RecipeFlags recipe;
  std::string out, seeds;
  std::vector<std::string> resume;  // empty text: the folder of --out
  bool resuming = false, dry_run = false, pictures = false;
  int64_t threads = 0;
};

Value sweep_tree(const SweepFlags& flags, const fs::path& out) {
  if (flags.resuming && !flags.recipe.any()) {
    if (!fs::exists(out / "sweep.toml"))
      throw usage_error("there is no sweep here: sweep.toml is missing").at(out.string()).hint("name the recipe, and --out");
    return read_toml(out / "sweep.toml");
  }
  if (!flags.recipe.any()) throw usage_error("nothing says what to train").hint("sweep RECIPE --out FOLDER");
  Value tree = flags.recipe.tree();
  if (!flags.seeds.empty()) {
    Value::Array seeds;
    for (const std::string& text : names_in(flags.seeds)) {
      const auto seed = parse_int(text);
      if (!seed || *seed < 0)
        throw usage_error("--seeds {}; expected whole numbers with commas, such as 1,2,3", printable(flags.seeds));
      seeds.push_back(Value(*seed).at("--seeds"));
    }
    tree.set_path("sweep.seeds", Value(std::move(seeds)).at("--seeds"));
  }
  return tree;
}

int list_runs(const Sweep& sweep, Log& log) {
  Table table({"point", ">seeds"});
  std::vector<std::string> seeds;
  for (const int64_t seed : sweep.seeds) seeds.push_back(std::to_string(seed));
  for (const SweepPoint& point : sweep.points) table.row({point.name.empty() ? "the recipe" : point.name, join(seeds, " ")});
  print(table.text());
  const Plan plan = resolve(read_recipe(sweep.tree(sweep.points[0], sweep.seeds[0])), log);
  print("\n" + plan.text());
  print(fmt::format("{:<10}{} runs; the first: {}\n", "time", with_commas(int64_t(sweep.runs())), estimate_time(plan).text()));
  return 0;
}

std::string go_on_line(const fs::path& out) {
  return fmt::format("{} sweep --resume {}\n", program_name(), shell_word(out.string()));
}

int sweep(const SweepFlags& flags) {
  use_threads(flags.threads);
  const bool named = flags.resuming && !flags.resume.front().empty();
  if (named && !flags.out.empty())
    throw usage_error("--resume {} names the folder already; --out cannot be another", flags.resume.front());
  const fs::path out = named ? flags.resume.front() : flags.out;
  if (out.empty() && !flags.dry_run) throw usage_error("no folder for the runs is named").hint("give --out FOLDER");
  const Value tree = sweep_tree(flags, out);
  Sweep runs = read_sweep(tree);
  Console console;
  if (flags.dry_run) return list_runs(runs, console);

  SweepFolder folder(out, std::move(runs), tree, flags.resuming);
  const Interrupt interrupt;
  const bool whole = run_sweep(
      folder,
      [&] {
        RunOptions options;
        options.command = typed_line();
        options.stop = interrupt.flag();
        options.show = [&console](const Plan& plan) { return std::make_unique<TrainingBar>(plan, console); };
        options.pictures = flags.pictures;
        return options;
      },
      console);
  if (!whole) {
    console.note("stopped; to go on:");
    print(go_on_line(out));
    return interrupt.exit_code();
  }
  print("\n" + folder.table().text());
  const auto failed = std::count_if(folder.runs().begin(), folder.runs().end(),
                                    [](const SweepRun& run) { return run.state == SweepState::failed; });
  if (failed > 0) console.warn(fmt::format("{} of {} runs failed; sweep.json says why", failed, folder.runs().size()));
  const SweepRun* best = folder.best();
  if (best == nullptr) return 1;
  print(fmt::format("\n{} predict {} new{}\n", program_name(), shell_word(folder.path(*best).string()),
                    fs::path(load_plan(folder.path(*best) / "plan.toml").recipe.data.train).extension().string()));
  return 0;
}

}  // namespace

void add_sweep(CLI::App& app, Work& work) {
  CLI::App* verb = app.add_subcommand("sweep", "train with every setting that a recipe's [sweep] names, and rank them");
  auto flags = std::make_shared<SweepFlags>();
  flags->recipe.add(*verb);
  verb->add_option("--out", flags->out, "folder of the sweep; each run has its own below it")
      ->type_name("FOLDER")
      ->group("Sweep");
  verb->add_option("--seeds", flags->seeds, "instead of sweep.seeds, such as 1,2,3")->type_name("LIST")->group("Sweep");
  verb->add_option("--resume", flags->resume, "go on with that sweep, or with the one in --out; runs that are done stay")
      ->type_name("[FOLDER]")
      ->expected(0, 1)
      ->group("Sweep");
  verb->add_flag("--dry-run", flags->dry_run, "list the runs, print the first plan, and stop")->group("Sweep");
  verb->add_option("--threads", flags->threads, "by default the physical cores that may be used")->type_name("N")->group("Sweep");
  verb->add_flag("--pictures", flags->pictures, "write the SVG files of each run")->group("Sweep");
  verb->callback([verb, flags, &work] {
    flags->resuming = verb->count("--resume") > 0;
    if (flags->resume.empty()) flags->resume = {""};
    work = [flags] { return sweep(*flags); };
  });
}

}  // namespace espalier
