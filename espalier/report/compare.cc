// Reading the figures of runs, and laying them side by side.
#include "espalier/report/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "espalier/base/text.h"
#include "espalier/report/run.h"

namespace espalier {
namespace {

using Json = nlohmann::json;

std::string text_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

std::optional<int64_t> whole_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<int64_t>();
}

struct Group {
  const RunSummary* first;
  std::vector<const RunSummary*> runs;
};

std::vector<Group> group_runs(std::span<const RunSummary> runs, bool by_seed) {
  std::vector<Group> groups;
  for (const RunSummary& run : runs) {
    const auto same = std::find_if(groups.begin(), groups.end(), [&](const Group& g) {
      return by_seed && g.first->method == run.method && g.first->task == run.task && g.first->model == run.model &&
             g.first->trained_parameters == run.trained_parameters && g.first->settings == run.settings &&
             std::none_of(g.runs.begin(), g.runs.end(), [&](const RunSummary* r) { return r->seed == run.seed; });
    });
    if (same == groups.end()) {
      groups.push_back({&run, {&run}});
    } else {
      same->runs.push_back(&run);
    }
  }
  return groups;
}

std::vector<std::string> metric_columns(std::span<const RunSummary> runs, const CompareOptions& options) {
  if (!options.metrics.empty()) return options.metrics;
  for (const char* split : {"test.", "dev."}) {
    std::set<std::string> names;
    for (const RunSummary& run : runs) {
      for (const auto& [name, value] : run.metrics) {
        if (name.starts_with(split)) names.insert(name);
      }
    }
    if (!names.empty()) return {names.begin(), names.end()};
  }
  return {};
}

// The method where that tells the rows apart, else the folder's name behind it.
std::string row_name(const Group& group, const std::vector<Group>& groups) {
  const std::string& method = group.first->method.empty() ? group.first->name : group.first->method;
  const auto same =
      std::count_if(groups.begin(), groups.end(), [&](const Group& g) { return g.first->method == group.first->method; });
  return same > 1 && method != group.first->name ? fmt::format("{} ({})", method, group.first->name) : method;
}

template <class Get>
std::vector<double> known(const Group& group, Get get) {
  std::vector<double> values;
  for (const RunSummary* run : group.runs) {
    if (const auto value = get(*run)) values.push_back(double(*value));
  }
  return values;
}

double mean(std::span<const double> values) {
  double sum = 0;
  for (double v : values) sum += v;
  return sum / double(values.size());
}

constexpr const char* kAbsent = "–";

/// The recipe in plan.toml: what stands before [plan], which tells what was found, and may hang on the seed.
std::string settings_of(const fs::path& plan) {
  if (!fs::exists(plan)) return "";
  std::string settings;
  for (const std::string& line : split(read_file(plan), '\n')) {
    if (line == "[plan]") break;
    if (!line.starts_with("seed = ") && !line.starts_with("#")) settings += line + "\n";
  }
  return settings;
}

/// Of a folder of seeds the name above says more.
std::string name_of(const fs::path& folder) {
  const fs::path whole = fs::absolute(folder / "").lexically_normal().parent_path();
  const std::string name = whole.filename().string();
  return name.starts_with("seed-") ? whole.parent_path().filename().string() : name;
}

}  // namespace

RunSummary read_run(const fs::path& path) {
  const RunFolder folder(path);
  const Json result = folder.read_result();
  RunSummary run;
  run.name = name_of(path);
  run.settings = settings_of(folder.plan());
  run.method = text_of(result, "method");
  run.task = text_of(result, "task");
  run.model = text_of(result, "model");
  run.metric = text_of(result, "metric");
  run.seed = whole_of(result, "seed").value_or(0);
  run.total_parameters = whole_of(result, "total_parameters");
  run.adapter_bytes = whole_of(result, "adapter_bytes");
  if (const auto trained = result.find("trained_parameters"); trained != result.end()) {
    run.trained_parameters = trained->is_object() ? whole_of(*trained, "total") : whole_of(result, "trained_parameters");
  }
  for (const char* split : {"dev", "test"}) {
    const auto figures = result.find(split);
    if (figures == result.end() || !figures->is_object()) continue;
    for (const auto& [name, value] : figures->items()) {
      if (value.is_number()) run.metrics[fmt::format("{}.{}", split, name)] = value.get<double>();
    }
  }
  if (fs::exists(folder.timing())) {
    const Json timing = folder.read_timing();
    if (const auto seconds = timing.find("seconds"); seconds != timing.end() && seconds->is_number())
      run.seconds = seconds->get<double>();
  }
  return run;
}

std::string mean_deviation(std::span<const double> values) {
  if (values.empty()) return kAbsent;
  const double centre = mean(values);
  if (values.size() == 1) return fmt::format("{:.4f}", centre);
  double squares = 0;
  for (double v : values) squares += (v - centre) * (v - centre);
  return fmt::format("{:.4f} ± {:.4f}", centre, std::sqrt(squares / double(values.size() - 1)));
}

Table compare_table(std::span<const RunSummary> runs, const CompareOptions& options) {
  const std::vector<Group> groups = group_runs(runs, options.group_seeds);
  const std::vector<std::string> metrics = metric_columns(runs, options);
  const bool grouped = std::any_of(groups.begin(), groups.end(), [](const Group& g) { return g.runs.size() > 1; });
  std::vector<std::string> titles{"method"};
  if (grouped) titles.push_back(">runs");
  for (const std::string& metric : metrics) titles.push_back(">" + replace_all(metric, "_", " "));
  for (const char* title : {">trained", ">share", ">time", ">adapter"}) titles.push_back(title);

  Table table(titles);
  for (const Group& group : groups) {
    const RunSummary& run = *group.first;
    std::vector<std::string> cells{row_name(group, groups)};
    if (grouped) cells.push_back(std::to_string(group.runs.size()));
    for (const std::string& metric : metrics) {
      cells.push_back(mean_deviation(known(group, [&](const RunSummary& r) -> std::optional<double> {
        const auto found = r.metrics.find(metric);
        return found == r.metrics.end() ? std::nullopt : std::optional(found->second);
      })));
    }
    cells.push_back(run.trained_parameters ? with_commas(*run.trained_parameters) : kAbsent);
    const bool share = run.trained_parameters && run.total_parameters && *run.total_parameters > 0;
    cells.push_back(share ? percent(double(*run.trained_parameters) / double(*run.total_parameters)) : kAbsent);
    const std::vector<double> seconds = known(group, [](const RunSummary& r) { return r.seconds; });
    cells.push_back(seconds.empty() ? kAbsent : human_seconds(mean(seconds)));
    cells.push_back(run.adapter_bytes ? human_bytes(*run.adapter_bytes) : kAbsent);
    table.row(std::move(cells));
  }
  return table;
}

}  // namespace espalier
