#include "espalier/recipe/sweep_folder.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/json.h"
#include "espalier/io/rows.h"
#include "espalier/metrics/metric.h"
#include "espalier/recipe/plan_change.h"
#include "espalier/recipe/toml.h"
#include "espalier/report/compare.h"
#include "espalier/report/run.h"
#include "espalier/report/svg.h"

namespace espalier {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kStates[] = {"waiting", "done", "failed"};

void refuse_another_recipe(const fs::path& file, const Value& tree) {
  Problems problems;
  for (const PlanChange& change : changes_between(read_toml(file), tree)) {
    if (change.key.starts_with("sweep.")) continue;
    const auto said = [](const std::string& text) { return text == PlanChange::kAbsent ? "not set" : text; };
    problems.add(file.string(), fmt::format("{} was {} and is {}", change.key, said(change.was), said(change.now)));
  }
  problems.raise(ErrorKind::usage, "the sweep was started with another recipe; name another folder with --out");
}

Json settings_of(const Sweep& sweep, const SweepPoint& point) {
  Json settings = Json::object();
  for (size_t i = 0; i < sweep.axes.size(); ++i) {
    const Value& value = point.values[i];
    if (const int64_t* whole = value.as_int()) {
      settings[sweep.axes[i].path] = *whole;
    } else if (const double* real = value.as_double()) {
      settings[sweep.axes[i].path] = *real;
    } else if (const bool* truth = value.as_bool()) {
      settings[sweep.axes[i].path] = *truth;
    } else {
      settings[sweep.axes[i].path] = value.as_string() != nullptr ? *value.as_string() : value.text();
    }
  }
  return settings;
}

std::string cell(const Value& value) { return value.as_string() != nullptr ? *value.as_string() : value.text(); }

}  // namespace

/// A point and what its finished runs reached.
struct SweepFolder::Standing {
  size_t point = 0;
  std::vector<RunSummary> runs;
  std::vector<const SweepRun*> from;
  double mean = 0;  // of the dev metric that chooses
  bool whole = false;
  double value(size_t i) const {
    const auto found = runs[i].metrics.find("dev." + runs[i].metric);
    return found == runs[i].metrics.end() ? 0 : found->second;
  }
};

SweepFolder::SweepFolder(fs::path path, Sweep sweep, const Value& tree, bool resume)
    : path_(std::move(path)), sweep_(std::move(sweep)) {
  const fs::path recipe = path_ / "sweep.toml", state = path_ / "sweep.json";
  if (fs::exists(path_) && !fs::is_directory(path_))
    throw usage_error("a file stands where the sweep's folder should be").at(path_.string());
  if (!resume && fs::exists(path_) && !fs::is_empty(path_)) {
    throw usage_error("the folder is not empty")
        .at(path_.string())
        .hint("--resume goes on with the sweep that is there, or name another folder with --out");
  }
  if (resume && fs::exists(recipe)) refuse_another_recipe(recipe, tree);
  make_folder(path_);
  for (const int64_t seed : sweep_.seeds) {
    for (size_t i = 0; i < sweep_.points.size(); ++i) {
      const std::string name = fmt::format("seed-{}", seed);
      runs_.push_back({i, seed, sweep_.points[i].name.empty() ? name : sweep_.points[i].name + "/" + name, {}, {}});
    }
  }
  if (resume && fs::exists(state)) {
    const nlohmann::json stored = read_json(state);
    for (const nlohmann::json& old : json_array(stored, "runs", state.string())) {
      const std::string folder = json_string(old, "folder", state.string()), word = json_string(old, "state", state.string());
      for (SweepRun& run : runs_) {
        if (run.folder != folder || !fs::exists(path_ / folder)) continue;
        if (word == kStates[1] && fs::exists(RunFolder(path_ / folder).result())) run.state = SweepState::done;
        if (word == kStates[2]) run.state = SweepState::failed, run.problem = json_string(old, "problem", state.string(), "");
      }
    }
  }
  write_file(recipe, "# The recipe of a sweep, written by espalier.\n" + write_toml(tree));
  write();
}

void SweepFolder::finish(size_t run, SweepState state, const std::string& problem) {
  runs_[run].state = state;
  runs_[run].problem = problem;
  write();
}

void SweepFolder::write() const {
  Json json{{"format_version", 1}, {"runs", Json::array()}};
  std::vector<std::string> names;  // of figures
  std::vector<std::pair<const SweepRun*, RunSummary>> done;
  for (const SweepRun& run : runs_) {
    Json entry{{"folder", run.folder},
               {"settings", settings_of(sweep_, point(run))},
               {"seed", run.seed},
               {"state", kStates[size_t(run.state)]}};
    if (!run.problem.empty()) entry["problem"] = run.problem;
    json["runs"].push_back(std::move(entry));
    if (run.state != SweepState::done) continue;
    done.emplace_back(&run, read_run(path(run)));
    for (const auto& [name, value] : done.back().second.metrics) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  write_json(path_ / "sweep.json", json);

  std::string tsv = "folder";
  for (const SweepAxis& axis : sweep_.axes) tsv += "\t" + tsv_cell(axis.path);
  tsv += "\tseed";
  for (const std::string& name : names) tsv += "\t" + name;
  tsv += "\tseconds\n";
  for (const auto& [run, summary] : done) {
    tsv += run->folder;
    for (const Value& value : point(*run).values) tsv += "\t" + tsv_cell(cell(value));
    tsv += fmt::format("\t{}", run->seed);
    for (const std::string& name : names) {
      const auto found = summary.metrics.find(name);
      tsv += found == summary.metrics.end() ? "\t" : fmt::format("\t{}", found->second);
    }
    tsv += summary.seconds ? fmt::format("\t{:.3f}\n", *summary.seconds) : "\t\n";
  }
  write_file(path_ / "sweep.tsv", tsv);
}

std::vector<SweepFolder::Standing> SweepFolder::standings() const {
  std::vector<Standing> all(sweep_.points.size());
  for (size_t i = 0; i < all.size(); ++i) all[i].point = i;
  for (const SweepRun& run : runs_) {
    if (run.state != SweepState::done) continue;
    all[run.point].runs.push_back(read_run(path(run)));
    all[run.point].from.push_back(&run);
  }
  bool larger = true;
  for (Standing& standing : all) {
    standing.whole = standing.runs.size() == sweep_.seeds.size();
    for (size_t i = 0; i < standing.runs.size(); ++i) standing.mean += standing.value(i) / double(standing.runs.size());
    if (!standing.runs.empty()) larger = find_metric(standing.runs[0].metric).larger_is_better;
  }
  std::stable_sort(all.begin(), all.end(), [&](const Standing& a, const Standing& b) {
    if (a.whole != b.whole) return a.whole;
    if (a.runs.empty() || b.runs.empty()) return b.runs.empty() && !a.runs.empty();
    return larger ? a.mean > b.mean : a.mean < b.mean;
  });
  return all;
}

Table SweepFolder::table() const {
  const std::vector<Standing> all = standings();
  std::vector<std::string> metrics;
  if (!all.empty() && !all[0].runs.empty()) {
    const RunSummary& first = all[0].runs[0];
    metrics.push_back("dev." + first.metric);
    for (const auto& [name, value] : first.metrics) {
      if (name.starts_with("test.")) metrics.push_back(name);
    }
  }
  std::vector<std::string> titles{""};
  for (const SweepAxis& axis : sweep_.axes) titles.push_back(">" + axis.name);
  titles.emplace_back(">runs");
  for (const std::string& metric : metrics) titles.push_back(">" + replace_all(metric, "_", " "));
  titles.emplace_back(">time");
  Table table(titles);
  for (size_t i = 0; i < all.size(); ++i) {
    const Standing& standing = all[i];
    std::vector<std::string> cells{i == 0 && standing.whole ? "best" : ""};
    for (const Value& value : sweep_.points[standing.point].values) cells.push_back(shortened(cell(value), 48));
    cells.push_back(standing.whole ? std::to_string(standing.runs.size())
                                   : fmt::format("{} of {}", standing.runs.size(), sweep_.seeds.size()));
    for (const std::string& metric : metrics) {
      std::vector<double> values;
      for (const RunSummary& run : standing.runs) {
        if (const auto found = run.metrics.find(metric); found != run.metrics.end()) values.push_back(found->second);
      }
      cells.push_back(mean_deviation(values));
    }
    double seconds = 0;
    for (const RunSummary& run : standing.runs) seconds += run.seconds.value_or(0) / double(standing.runs.size());
    cells.push_back(standing.runs.empty() ? "–" : human_seconds(seconds));
    table.row(std::move(cells));
  }
  return table;
}

const SweepRun* SweepFolder::best() const {
  const std::vector<Standing> all = standings();
  if (all.empty() || all[0].runs.empty()) return nullptr;
  const bool larger = find_metric(all[0].runs[0].metric).larger_is_better;
  size_t best = 0;
  for (size_t i = 1; i < all[0].runs.size(); ++i) {
    if (larger ? all[0].value(i) > all[0].value(best) : all[0].value(i) < all[0].value(best)) best = i;
  }
  return all[0].from[best];
}

}  // namespace espalier
