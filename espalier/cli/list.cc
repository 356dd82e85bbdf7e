// espalier list: what can be named in a recipe, and the options of each, from the same lists that read and check them.
#include <CLI/CLI.hpp>

#include <algorithm>

#include "espalier/base/fields.h"
#include "espalier/base/table.h"
#include "espalier/base/text.h"
#include "espalier/cli/output.h"
#include "espalier/cli/verbs.h"
#include "espalier/data/named_task.h"
#include "espalier/metrics/metric.h"
#include "espalier/models/catalogue.h"
#include "espalier/models/head.h"
#include "espalier/recipe/recipe.h"
#include "espalier/train/callback.h"
#include "espalier/train/objective.h"
#include "espalier/train/optimizer.h"
#include "espalier/train/rule.h"

namespace espalier {
namespace {

/// One name of a list: its line, and what `list <what> <name>` says besides.
struct Item {
  std::string name, help;
  std::vector<FieldDoc> options;
  std::string more;
};

struct Catalogue {
  const char *name, *help, *noun;
  std::vector<Item> (*items)();
};

template <class Product>
std::vector<Item> items_of(const Registry<Product>& registry) {
  std::vector<Item> items;
  for (const auto& entry : registry.entries()) items.push_back({entry.name, entry.help, entry.options(), ""});
  return items;
}

std::vector<Item> method_items() {
  std::vector<Item> items;
  for (const MethodEntry& entry : method_entries()) items.push_back({entry.name, entry.help, entry.options, ""});
  return items;
}

std::vector<Item> task_items() {
  std::vector<Item> items;
  for (const NamedTask& task : named_tasks()) {
    std::string more = fmt::format("kind     {}\nmetrics  {}\n", kind_name(task.kind), join(task.metrics, ", "));
    if (!task.labels.empty()) more += fmt::format("labels   {}\n", join(task.labels, ", "));
    more += "files    under --data-root or ESPALIER_DATA, the first that is there\n";
    for (const Layout& layout : task.layouts) {
      for (const std::string& file : layout.train)
        more += fmt::format("         {} (columns {} and {})\n", file, join(layout.text, ", "), layout.label);
    }
    items.push_back({task.name, task.help, {}, more});
  }
  return items;
}

std::vector<Item> model_items() {
  std::vector<Item> items;
  for (const Family& family : families()) {
    std::vector<std::string> classes = family.architectures;
    std::erase(classes, "");
    items.push_back({family.name, family.help, {}, fmt::format("architectures  {}\n", join(classes, ", "))});
  }
  return items;
}

std::vector<Item> metric_items() {
  std::vector<Item> items;
  for (const Metric& metric : metrics())
    items.push_back(
        {metric.name,
         metric.help,
         {},
         fmt::format("needs   {}\nbetter  {}\n", needs_text(metric.needs), metric.larger_is_better ? "larger" : "smaller")});
  return items;
}

std::vector<Item> schedule_items() {
  const std::vector<FieldDoc> options = document_options<ScheduleOptions>();
  return {{"constant", "the rate stays", options, ""},
          {"linear", "falls to zero in a straight line", options, ""},
          {"cosine", "falls along a cosine", options, ""},
          {"polynomial", "falls to `end` by a power", options, ""}};
}

std::vector<Item> head_items() {
  return {{"classify", "one of several classes for a text or pair", {}, ""},
          {"multi_label", "any number of labels for a text", {}, ""},
          {"regress", "one or more numbers for a text or pair", {}, ""},
          {"tokens", "a tag for each word, read as entities", {}, ""},
          {"masked_lm", "the word behind a mask; its output layer is tied to the token table", {}, ""},
          {"causal_lm", "the piece behind each piece; its output layer is the token table or its own", {}, ""},
          {"seq2seq", "a text written from another, by an encoder with its decoder", {}, ""},
          {"embed", "a vector of unit length for a text", {}, ""},
          {"similarity", "the cosine of two texts that are encoded apart", {}, ""}};
}

std::vector<Item> objective_items() { return items_of(objectives()); }
std::vector<Item> optimizer_items() { return items_of(optimizers()); }
std::vector<Item> rule_items() { return items_of(rules()); }
std::vector<Item> callback_items() { return items_of(callbacks()); }

const std::vector<Catalogue>& catalogues() {
  static const std::vector<Catalogue> all{
      {"methods", "what is trained", "method", method_items},
      {"tasks", "tasks known by name", "task", task_items},
      {"models", "families of models", "model family", model_items},
      {"heads", "what a model can answer", "head", head_items},
      {"objectives", "what training lowers", "objective", objective_items},
      {"optimizers", "how a gradient becomes a step", "optimizer", optimizer_items},
      {"schedules", "how the learning rate changes", "schedule", schedule_items},
      {"rules", "how gradients come to be", "rule", rule_items},
      {"callbacks", "what looks at each step", "callback", callback_items},
      {"metrics", "how answers are judged", "metric", metric_items},
  };
  return all;
}

struct ListFlags {
  std::string name;
  bool markdown = false;
};

std::string shown(const Table& table, bool markdown) { return markdown ? table.markdown() : table.text(); }

/// A table for documents; in a terminal two lines an option, since defaults may be long.
std::string options_text(const std::vector<FieldDoc>& options, bool markdown) {
  if (markdown) {
    Table table({"option", "type", "default", "range", ""});
    for (const FieldDoc& option : options) table.row({option.name, option.type, option.default_text, option.range, option.help});
    return table.markdown();
  }
  size_t width = 0;
  for (const FieldDoc& option : options) width = std::max(width, option.name.size() + 2);
  std::string out;
  for (const FieldDoc& option : options) {
    out += fmt::format("{:<{}}{}", option.name, width, option.type);
    if (!option.range.empty()) out += ", " + option.range;
    if (!option.default_text.empty()) out += "; default " + option.default_text;
    out += fmt::format("\n{:<{}}{}\n", "", width, option.help);
  }
  return out;
}

int list_one(const Catalogue& catalogue, const ListFlags& flags) {
  const std::vector<Item> items = catalogue.items();
  if (flags.name.empty()) {
    Table table({catalogue.noun, ""});
    for (const Item& item : items) table.row({item.name, item.help});
    print(shown(table, flags.markdown));
    return 0;
  }
  std::vector<std::string> names;
  for (const Item& item : items) {
    names.push_back(item.name);
    if (item.name != flags.name) continue;
    print(fmt::format("{}: {}\n{}", item.name, item.help, item.more));
    if (item.options.empty()) return 0;
    print("\n" + options_text(item.options, flags.markdown));
    return 0;
  }
  throw usage_error("{} '{}' is unknown{}", catalogue.noun, printable(flags.name), did_you_mean(flags.name, names))
      .hint("known: " + join(names, ", "));
}

int list_all(const ListFlags& flags) {
  Table table({"list", "", ""});
  for (const Catalogue& catalogue : catalogues()) {
    std::vector<std::string> names;
    for (const Item& item : catalogue.items()) names.push_back(item.name);
    constexpr size_t kShown = 6;
    const size_t more = names.size() > kShown ? names.size() - kShown : 0;
    names.resize(names.size() - more);
    table.row({catalogue.name, catalogue.help, join(names, ", ") + (more > 0 ? fmt::format(", {} more", more) : "")});
  }
  print(shown(table, flags.markdown));
  return 0;
}

}  // namespace

void add_list(CLI::App& app, Work& work) {
  CLI::App* verb = app.add_subcommand("list", "what can be named, and the options of each");
  auto flags = std::make_shared<ListFlags>();
  verb->add_flag("--markdown", flags->markdown, "a table for documents");
  verb->callback([flags, &work] {
    if (!work) work = [flags] { return list_all(*flags); };
  });
  for (const Catalogue& catalogue : catalogues()) {
    CLI::App* one = verb->add_subcommand(catalogue.name, catalogue.help);
    one->add_option("name", flags->name, fmt::format("a {}: its options with types, defaults and ranges", catalogue.noun))
        ->type_name("NAME");
    one->add_flag("--markdown", flags->markdown, "a table for documents");
    one->callback([flags, &catalogue, &work] { work = [flags, &catalogue] { return list_one(catalogue, *flags); }; });
  }
}

}  // namespace espalier
