#include "espalier/recipe/sweep.h"

#include <algorithm>
#include <set>

#include "espalier/base/files.h"
#include "espalier/base/text.h"
#include "espalier/recipe/recipe.h"
#include "espalier/recipe/sweep_axes.h"

namespace espalier {
namespace {

constexpr size_t kMostRuns = 10'000;
constexpr size_t kLongestValue = 40;

/// The last word of a path, or more of them where two paths end alike.
std::vector<SweepAxis> name_axes(const std::vector<std::string>& paths) {
  std::vector<SweepAxis> axes;
  for (const std::string& path : paths) {
    const auto tail = [](const std::string& whole) { return whole.substr(whole.rfind('.') + 1); };
    const std::string last = tail(path);
    const auto same = std::count_if(paths.begin(), paths.end(), [&](const std::string& other) { return tail(other) == last; });
    axes.push_back({path, same > 1 ? path : last});
  }
  return axes;
}

std::string kinds_in(const Value& value) {
  const Value* kind = value.find("kind");
  if (kind != nullptr && kind->as_string() != nullptr) return *kind->as_string();
  std::vector<std::string> kinds;
  if (value.as_array() != nullptr) {
    for (const Value& item : *value.as_array()) kinds.push_back(kinds_in(item));
  }
  return join(kinds, "+");
}

/// Fit for the name of a folder; where that loses something, with the beginning of a hash.
std::string short_text(const Value& value) {
  const std::string whole = value.as_string() != nullptr ? *value.as_string() : value.text();
  const bool table = value.as_object() != nullptr || (value.as_array() != nullptr && !kinds_in(value).empty());
  std::string text = table ? kinds_in(value) : whole;
  for (char& c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("_.+-").find(c) != std::string_view::npos;
    if (!plain) c = '-';
  }
  text = text.substr(0, kLongestValue);
  return text == whole && !text.empty() ? text : text + "-" + sha256(whole).substr(0, 6);
}

std::string point_name(const std::vector<SweepAxis>& axes, const std::vector<Value>& values) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < axes.size(); ++i) {
    std::string name = axes[i].name;
    for (char& c : name) c = c == '[' || c == ']' || c == '/' ? '-' : c;
    parts.push_back(name + "=" + short_text(values[i]));
  }
  return join(parts, ",");
}

void grid_points(const std::vector<SweepList>& lists, std::vector<Value>& values, std::vector<std::vector<Value>>& out) {
  if (values.size() == lists.size()) return out.push_back(values);
  for (const Value& value : lists[values.size()].values) {
    values.push_back(value);
    grid_points(lists, values, out);
    values.pop_back();
  }
}

void add_points(Sweep& sweep, const SweepTable& table, const std::vector<SweepList>& lists,
                const std::vector<SweepRange>& ranges) {
  std::vector<std::string> paths;
  for (const SweepList& list : lists) paths.push_back(list.path);
  for (const SweepRange& range : ranges) paths.push_back(range.path);
  sweep.axes = name_axes(paths);
  std::vector<std::vector<Value>> grid;
  std::vector<Value> values;
  grid_points(lists, values, grid);
  std::set<std::string> seen;
  for (const std::vector<Value>& fixed : grid) {
    for (int64_t i = 0; i < (ranges.empty() ? 1 : table.runs); ++i) {
      SweepPoint point;
      point.values = fixed;
      for (const SweepRange& range : ranges) point.values.push_back(range.draw(uint64_t(table.seed), i));
      point.name = point_name(sweep.axes, point.values);
      if (seen.insert(point.name).second) sweep.points.push_back(std::move(point));
    }
  }
}

/// One problem a line, without the headline of several.
std::vector<std::string> lines_of(const Error& error) {
  std::vector<std::string> lines = split(error.message(), '\n');
  if (lines.size() == 1) return {error.place().empty() ? error.message() : error.place() + ": " + error.message()};
  lines.erase(lines.begin());
  for (std::string& line : lines) line = std::string(trim(line));
  std::erase_if(lines, [](const std::string& line) { return line.starts_with("try: "); });
  return lines;
}

/// Most points share their problems, so each is told once.
void check_points(const Sweep& sweep) {
  std::vector<std::string> told;
  for (const SweepPoint& point : sweep.points) {
    try {
      read_recipe(sweep.tree(point, sweep.seeds[0]));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::usage) throw;
      for (const std::string& line : lines_of(error)) {
        if (std::find(told.begin(), told.end(), line) == told.end()) told.push_back(line);
      }
    }
  }
  Problems problems;
  for (const std::string& line : told) problems.add("", line);
  problems.raise(ErrorKind::usage, "the sweep has settings that cannot be used");
}

}  // namespace

Value Sweep::tree(const SweepPoint& point, int64_t seed) const {
  Value out = recipe;
  for (size_t i = 0; i < axes.size(); ++i) out.set_path(axes[i].path, point.values[i]);
  out.set("seed", Value(seed));
  return out;
}

Sweep read_sweep(const Value& tree) {
  const Value* asked = tree.find("sweep");
  if (asked == nullptr) {
    throw usage_error("the recipe has no table [sweep]")
        .at(tree.place())
        .hint("[sweep] with seeds = [1, 2, 3], or with grid = { \"method[0].rank\" = [4, 8] }");
  }
  Problems problems;
  SweepTable table;
  Fields fields;
  table.fields(fields);
  read_fields(fields.list(), *asked, "sweep", problems);
  const std::vector<SweepList> lists = read_lists(table.grid, problems);
  const std::vector<SweepRange> ranges = read_ranges(table.random, problems);
  for (const SweepRange& range : ranges) {
    if (std::any_of(lists.begin(), lists.end(), [&](const SweepList& list) { return list.path == range.path; }))
      problems.add(range.place, fmt::format("{} stands in sweep.grid and in sweep.random", range.path));
  }
  for (size_t i = 0; i < table.seeds.size(); ++i) {
    if (std::count(table.seeds.begin(), table.seeds.begin() + int64_t(i), table.seeds[i]) > 0)
      problems.add(asked->place(), fmt::format("sweep.seeds holds {} twice", table.seeds[i]));
  }
  if (!ranges.empty() && table.runs == 0)
    problems.add(asked->place(), "sweep.runs is missing; expected how often to draw from sweep.random");
  if (ranges.empty() && table.runs > 0)
    problems.add(asked->place(), "sweep.runs without sweep.random; expected ranges to draw from");
  if (problems.empty() && lists.empty() && ranges.empty() && table.seeds.empty())
    problems.add(asked->place(), "[sweep] names nothing that varies; expected grid, random or seeds");
  size_t runs = std::max<size_t>(1, table.seeds.size()) * size_t(std::max<int64_t>(1, table.runs));
  for (const SweepList& list : lists) runs = std::min(runs * list.values.size(), 2 * kMostRuns);
  if (runs > kMostRuns) problems.add(asked->place(), fmt::format("more than {} runs", with_commas(kMostRuns)));
  problems.raise(ErrorKind::usage, "the sweep has settings that cannot be used");

  Sweep sweep;
  sweep.recipe = tree;
  std::erase_if(*sweep.recipe.as_object(), [](const auto& member) { return member.first == "sweep"; });
  sweep.seeds = table.seeds;
  if (sweep.seeds.empty()) {
    const Value* seed = tree.find("seed");
    sweep.seeds.push_back(seed != nullptr && seed->as_int() != nullptr ? *seed->as_int() : 1);
  }
  add_points(sweep, table, lists, ranges);
  check_points(sweep);
  return sweep;
}

}  // namespace espalier
