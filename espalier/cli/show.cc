// espalier show: a model, its places, an adapter, a plan, a recipe with every default.
#include <CLI/CLI.hpp>

#include <nlohmann/json.hpp>

#include "espalier/base/pattern.h"
#include "espalier/base/table.h"
#include "espalier/base/text.h"
#include "espalier/cli/output.h"
#include "espalier/cli/recipe_flags.h"
#include "espalier/cli/show_adapter.h"
#include "espalier/cli/verbs.h"
#include "espalier/io/json.h"
#include "espalier/io/safetensors_folder.h"
#include "espalier/models/load.h"
#include "espalier/nn/linear.h"
#include "espalier/recipe/plan.h"

namespace espalier {
namespace {

/// The folder of a model that is named itself, or by a run.
fs::path model_folder(const std::string& name) {
  if (!fs::exists(fs::path(name) / "plan.toml")) return find_model(name);
  const Plan plan = load_plan(fs::path(name) / "plan.toml");
  if (!plan.needs_model()) throw usage_error("{} is a run of {}, which has no model", name, plan.method());
  return locate_base(plan, "");
}

std::unique_ptr<Model> sketch_of(const fs::path& folder) {
  const fs::path config = folder / "config.json";
  if (!fs::exists(config))
    throw data_error("the folder has no config.json")
        .at(folder.string())
        .hint("a model is a folder with config.json and model.safetensors");
  auto model = make_model(read_json(config), config.string());
  HeadOptions head = head_of_folder(folder);
  if (head.kind != HeadKind::none) {
    head.pooling = resolve_pooling(head.pooling, folder, *model);
    model->set_head(make_head(*model, head));
  }
  return model;
}

int show_model(const std::string& name) {
  const fs::path folder = model_folder(name);
  const auto model = sketch_of(folder);
  const SafetensorsFolder weights(folder);
  const BackboneFacts& facts = model->facts();
  const auto line = [](const char* key, const std::string& text) { print(fmt::format("{:<12}{}\n", key, text)); };
  int64_t bytes = 0, blocks = 0;
  for (const fs::path& file : weights.files()) bytes += int64_t(fs::file_size(file));
  for (const Site* site : model->all_sites()) blocks += site->unit() == Unit::block;
  line("folder", folder.string());
  line("family", model->family());
  line("blocks", std::to_string(blocks));
  line("width", std::to_string(facts.width));
  line("positions", facts.positions > 0 ? with_commas(facts.positions) : "no limit");
  line("vocabulary", with_commas(facts.vocabulary));
  line("weights", fmt::format("{} in {} file{}, {} tensors", human_bytes(bytes), weights.files().size(),
                              weights.files().size() == 1 ? "" : "s", weights.names().size()));
  const Head* head = model->head();
  std::string says = head == nullptr ? "none" : head_name(head->options().kind);
  if (head != nullptr && !head->options().labels.empty())
    says += fmt::format(", {} classes: {}", head->options().labels.size(), join(head->options().labels, ", "));
  line("head", says);
  line("pooling", fmt::format("{} under auto", pooling_name(resolve_pooling(Pooling::automatic, folder, *model))));

  Table table({"part", ">parameters", ">share"});
  std::vector<std::pair<std::string, int64_t>> parts;
  int64_t total = 0;
  const auto add = [&](const Parameter& parameter) {
    const std::vector<std::string> words = split(parameter.path(), '.');
    const std::string part = words[0] == "embed" || words[0] == "encoder" ? words[0] : words[0];
    if (parts.empty() || parts.back().first != part) parts.emplace_back(part, 0);
    parts.back().second += parameter.size();
    total += parameter.size();
  };
  model->backbone().each_parameter(add);
  if (model->head() != nullptr) model->head()->each_parameter(add);
  for (const auto& [part, size] : parts) table.row({part, with_commas(size), percent(double(size) / double(total))});
  table.rule().row({"total", with_commas(total), ""});
  print("\n" + table.text());
  return 0;
}

int show_sites(const std::string& name, const std::string& pattern) {
  const auto model = sketch_of(model_folder(name));
  const std::vector<Site*> sites = pattern.empty() ? model->all_sites() : model->sites(pattern);
  std::vector<Linear*> linears;
  Table table({"site", "unit", ">in", ">out", ">parameters"});
  for (Site* site : sites) {
    const auto* linear = dynamic_cast<const Linear*>(&site->owner());
    const bool own = linear != nullptr && site->unit() == Unit::linear;
    int64_t size = 0;
    for (const Parameter* parameter : site->owner().parameters()) size += parameter->size();
    table.row({site->path(), unit_name(site->unit()), own ? with_commas(linear->in()) : "", own ? with_commas(linear->out()) : "",
               size > 0 ? with_commas(size) : ""});
  }
  print(table.text());
  return 0;
}

Plan plan_of(const RecipeFlags& flags, Log& log) {
  if (fs::exists(fs::path(flags.file()) / "plan.toml")) return load_plan(fs::path(flags.file()) / "plan.toml");
  return resolve(read_recipe(flags.tree()), log);
}

int show_plan(const RecipeFlags& flags, bool toml) {
  Console console;
  const Plan plan = plan_of(flags, console);
  print(toml ? plan.toml() : plan.text());
  return 0;
}

int show_recipe(const RecipeFlags& flags) {
  const fs::path run = fs::path(flags.file()) / "plan.toml";
  Recipe recipe = fs::exists(run) ? load_plan(run).recipe : read_recipe(flags.tree());
  for (size_t i = 0; i < recipe.method.size(); ++i)
    recipe.method[i] = resolve_method(recipe.method[i], fmt::format("method[{}]", i));
  print(write_toml(write_options(recipe)));
  return 0;
}

}  // namespace

void add_show(CLI::App& app, Work& work) {
  CLI::App* verb = app.add_subcommand("show", "a model, its places, an adapter, a plan, or a recipe with every default");
  verb->require_subcommand(1);
  struct Flags {
    std::string name, pattern;
    RecipeFlags recipe;
    bool toml = false, json = false;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* model = verb->add_subcommand("model", "family, sizes, head, parameters by part");
  CLI::App* sites = verb->add_subcommand("sites", "the places where methods attach");
  for (CLI::App* one : {model, sites}) {
    one->add_option("model,--model", flags->name, "a model (folder, or name in the Hugging Face cache) or a run folder")
        ->type_name("MODEL")
        ->required();
  }
  sites->add_option("--match", flags->pattern, "only those that the pattern names, such as '**.attention.{query,value}'")
      ->type_name("PATTERN");
  CLI::App* adapter =
      verb->add_subcommand("adapter", "the places of a PEFT folder, their ranks and singular values; no model is needed");
  adapter->add_option("folder", flags->name, "a PEFT folder, or a run that has one")->type_name("FOLDER")->required();
  adapter->add_flag("--json", flags->json, "one JSON object");
  CLI::App* plan = verb->add_subcommand("plan", "of a run, or what a recipe and flags come to: nothing is trained");
  plan->add_flag("--toml", flags->toml, "as it is stored with a run");
  CLI::App* recipe = verb->add_subcommand("recipe", "a recipe, or that of a run, with every default filled in");
  auto plan_flags = std::make_shared<RecipeFlags>(), recipe_flags = std::make_shared<RecipeFlags>();
  plan_flags->add(*plan);
  recipe_flags->add(*recipe);
  model->callback([flags, &work] { work = [flags] { return show_model(flags->name); }; });
  sites->callback([flags, &work] { work = [flags] { return show_sites(flags->name, flags->pattern); }; });
  adapter->callback([flags, &work] { work = [flags] { return show_adapter(flags->name, flags->json); }; });
  plan->callback([flags, plan_flags, &work] { work = [flags, plan_flags] { return show_plan(*plan_flags, flags->toml); }; });
  recipe->callback([recipe_flags, &work] { work = [recipe_flags] { return show_recipe(*recipe_flags); }; });
}

}  // namespace espalier
