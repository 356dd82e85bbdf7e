#include "espalier/recipe/sweep_axes.h"

#include <algorithm>
#include <cmath>

#include "espalier/base/seed.h"
#include "espalier/base/text.h"

namespace espalier {
namespace {

constexpr const char* kKinds[] = {"uniform", "log_uniform", "choice"};

bool is_range(const Value& value) {
  return std::any_of(std::begin(kKinds), std::end(kKinds), [&](const char* kind) { return value.find(kind) != nullptr; });
}

/// Every leaf with its dotted path.
void flatten(const Value& table, const std::string& above, std::vector<std::pair<std::string, const Value*>>& out) {
  for (const auto& [key, value] : *table.as_object()) {
    const std::string path = above.empty() ? key : above + "." + key;
    if (value.as_object() != nullptr && !value.as_object()->empty() && !is_range(value)) {
      flatten(value, path, out);
    } else {
      out.emplace_back(path, &value);
    }
  }
}

std::vector<std::pair<std::string, const Value*>> leaves(const Value& table, const std::string& name, Problems& problems) {
  std::vector<std::pair<std::string, const Value*>> out;
  if (table.is_null()) return out;
  if (table.as_object() == nullptr) {
    problems.add(table.place(), fmt::format("{} = {}; expected a table of paths", name, table.describe()));
  } else {
    flatten(table, "", out);
  }
  for (const auto& [path, value] : out) {
    if (path == "seed") problems.add(value->place(), fmt::format("{}.seed; seeds vary with sweep.seeds = [1, 2, 3]", name));
  }
  std::erase_if(out, [](const auto& leaf) { return leaf.first == "seed"; });
  return out;
}

std::optional<double> number(const Value& value) {
  if (const int64_t* whole = value.as_int()) return double(*whole);
  if (const double* real = value.as_double()) return *real;
  return std::nullopt;
}

bool read_ends(const Value& value, const std::string& path, bool logarithmic, Problems& problems) {
  const Value::Array* ends = value.as_array();
  const bool two = ends != nullptr && ends->size() == 2 && number((*ends)[0]) && number((*ends)[1]);
  if (!two || !std::isfinite(*number((*ends)[0])) || !std::isfinite(*number((*ends)[1])) ||
      *number((*ends)[0]) >= *number((*ends)[1])) {
    problems.add(value.place(),
                 fmt::format("{} = {}; expected two ascending numbers [low, high]", path, two ? value.text() : value.describe()));
    return false;
  }
  if (logarithmic && *number((*ends)[0]) <= 0) {
    problems.add(value.place(), fmt::format("{} = {}; expected numbers above 0", path, value.text()));
    return false;
  }
  return true;
}

/// Four digits are enough of a drawn number, and can be read in a table and typed again.
double four_digits(double value) { return *parse_double(fmt::format("{:.4g}", value)); }

}  // namespace

void SweepTable::fields(Fields& f) {
  f("seeds", seeds).at_least(0).help("one run with each, at every point");
  f("grid", grid).help("lists of values by path; every combination is run");
  f("random", random).help("ranges by path: uniform, log_uniform or choice");
  f("runs", runs).at_least(0).help("draws from random");
  f("seed", seed).at_least(0).help("of the draws");
}

Value SweepRange::draw(uint64_t seed, int64_t number_of_draw) const {
  RandomStream stream(derive_key(derive_key(seed, "sweep/" + path), uint64_t(number_of_draw)));
  if (kind == Kind::choice) return values[stream.below(values.size())];
  const bool whole = values[0].as_int() != nullptr && values[1].as_int() != nullptr;
  const double low = *number(values[0]), high = *number(values[1]);
  if (kind == Kind::uniform && whole) {
    const int64_t first = *values[0].as_int();
    return Value(first + int64_t(stream.below(uint64_t(*values[1].as_int() - first) + 1))).at(place);
  }
  const double share = stream.uniform();
  const double drawn = kind == Kind::uniform ? low + share * (high - low) : low * std::pow(high / low, share);
  if (whole) return Value(std::clamp<int64_t>(std::llround(drawn), *values[0].as_int(), *values[1].as_int())).at(place);
  return Value(std::clamp(four_digits(drawn), low, high)).at(place);
}

std::vector<SweepList> read_lists(const Value& grid, Problems& problems) {
  std::vector<SweepList> lists;
  for (const auto& [path, value] : leaves(grid, "sweep.grid", problems)) {
    const Value::Array* values = value->as_array();
    const std::string name = "sweep.grid." + path;
    if (values == nullptr || values->empty()) {
      problems.add(value->place(), fmt::format("{} = {}; expected a list of values", name, value->describe()));
      continue;
    }
    for (size_t i = 0; i < values->size(); ++i) {
      if (std::find(values->begin(), values->begin() + int64_t(i), (*values)[i]) != values->begin() + int64_t(i))
        problems.add(value->place(), fmt::format("{} holds {} twice", name, (*values)[i].text()));
    }
    lists.push_back({path, *values});
  }
  return lists;
}

std::vector<SweepRange> read_ranges(const Value& random, Problems& problems) {
  std::vector<SweepRange> ranges;
  for (const auto& [path, value] : leaves(random, "sweep.random", problems)) {
    const std::string name = "sweep.random." + path;
    if (!is_range(*value) || value->as_object()->size() != 1) {
      problems.add(value->place(), fmt::format("{} = {}; expected {{ uniform = [low, high] }}, {{ log_uniform = [low, high] }} "
                                               "or {{ choice = [...] }}",
                                               name, value->describe()));
      continue;
    }
    const auto& [kind, given] = value->as_object()->front();
    SweepRange range;
    range.path = path;
    range.place = given.place();
    if (kind == "choice") {
      if (given.as_array() == nullptr || given.as_array()->empty()) {
        problems.add(given.place(), fmt::format("{}.choice = {}; expected a list of values", name, given.describe()));
        continue;
      }
    } else {
      range.kind = kind == "uniform" ? SweepRange::Kind::uniform : SweepRange::Kind::log_uniform;
      if (!read_ends(given, name + "." + kind, kind == "log_uniform", problems)) continue;
    }
    range.values = *given.as_array();
    ranges.push_back(std::move(range));
  }
  return ranges;
}

}  // namespace espalier
