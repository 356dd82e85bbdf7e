#include "espalier/data/named_task.h"

#include <algorithm>
#include <cstdlib>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/data/tasks/glue.h"

namespace espalier {
namespace {

constexpr size_t kShownPlaces = 12;

RowOptions rows_of(const Layout& layout, const std::string& path) {
  RowOptions rows;
  rows.header = layout.header;
  rows.drop_extra_cells = rows.skip_short_rows = true;
  rows.format = fs::path(path).extension() == ".txt" ? "tsv" : "auto";
  return rows;
}

/// The file has this layout's text columns, and its label where one is asked for.
bool fits(const Layout& layout, const std::string& path, bool label) {
  const auto reader = open_rows(path, rows_of(layout, path));
  const auto has = [&](const std::string& name) {
    if (!layout.header) return parse_int(name).value_or(-1) < int64_t(reader->columns().size());
    return std::find(reader->columns().begin(), reader->columns().end(), name) != reader->columns().end();
  };
  return std::all_of(layout.text.begin(), layout.text.end(), has) && (!label || has(layout.label));
}

std::string first_file(const fs::path& root, const std::vector<std::string>& names, std::vector<std::string>& tried) {
  for (const std::string& name : names) {
    const fs::path path = root / name;
    std::error_code ignored;
    if (fs::is_regular_file(path, ignored)) return path.string();
    if (std::find(tried.begin(), tried.end(), path.string()) == tried.end()) tried.push_back(path.string());
  }
  return "";
}

const Layout* find_layout(const NamedTask& task, const std::string& path) {
  for (const Layout& layout : task.layouts) {
    try {
      if (fits(layout, path, true)) return &layout;
    } catch (const Error&) {  // data read as a header may name columns twice
      if (&layout == &task.layouts.back()) throw;
    }
  }
  const Layout& first = task.layouts.front();
  throw data_error("the columns are not those of {}; expected {} and {}", task.name, join(first.text, ", "), first.label)
      .at(path);
}

}  // namespace

const std::vector<NamedTask>& named_tasks() {
  static const std::vector<NamedTask> tasks = glue_tasks();
  return tasks;
}

const NamedTask& find_named_task(const std::string& name, const std::string& place) {
  std::vector<std::string> names;
  for (const NamedTask& task : named_tasks()) {
    if (task.name == name) return task;
    names.push_back(task.name);
  }
  throw usage_error("the task '{}' is unknown{}", printable(name), did_you_mean(name, names))
      .at(place)
      .hint("known: " + join(names, ", ") + "; or say what is predicted from files of your own with kind");
}

DataOptions resolve_named_task(const DataOptions& given, bool training) {
  const NamedTask& task = find_named_task(given.task);
  DataOptions options = given;
  if (options.root.empty()) {
    const char* root = std::getenv("ESPALIER_DATA");
    if (root != nullptr) options.root = root;
  }
  std::vector<std::string> tried;
  if (!options.root.empty()) {
    const Layout& first = task.layouts.front();
    if (options.train.empty()) options.train = first_file(options.root, first.train, tried);
    if (options.dev.empty()) options.dev = first_file(options.root, first.dev, tried);
  }
  const std::string& known = options.train.empty() ? options.dev : options.train;
  if (known.empty() || (training && options.train.empty())) {
    Error error = usage_error("the files of {} are not there", task.name);
    if (options.root.empty()) throw std::move(error).hint("name their folder with --data-root or ESPALIER_DATA");
    const size_t shown = std::min(tried.size(), kShownPlaces);
    std::string list = join(std::span(tried).first(shown), ", ");
    if (shown < tried.size()) list += fmt::format(" and {} more", tried.size() - shown);
    throw std::move(error).hint("looked for " + list + "; or give --train and --dev");
  }
  const Layout* layout = find_layout(task, known);
  if (options.test.empty() && !options.root.empty()) {
    options.test = first_file(options.root, layout->test, tried);
    if (!options.test.empty() && !fits(*layout, options.test, true)) options.test.clear();
  }
  if (options.kind == "auto") options.kind = kind_name(task.kind);
  const TaskKind kind = parse_kind(options.kind);
  // A score of two texts can be learned by either head.
  if (kind != task.kind && !(kind == TaskKind::similarity && task.kind == TaskKind::regress)) {
    throw usage_error("{} is {}, not {}", task.name, kind_name(task.kind), options.kind)
        .hint("leave data.kind and model.head out, or name the files with data.train instead of data.task");
  }
  if (options.text.empty()) options.text = layout->text;
  if (options.label.empty()) options.label = {layout->label};
  if (options.labels.empty()) options.labels = task.labels;
  if (options.metrics.empty()) options.metrics = task.metrics;
  if (options.best.empty()) options.best = options.metrics[0];
  options.header = layout->header;
  if (options.format == "auto") options.format = rows_of(*layout, known).format;
  return options;
}

}  // namespace espalier
