#include "espalier/data/labels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "espalier/base/error.h"
#include "espalier/base/text.h"

namespace espalier {
namespace {

constexpr size_t kShownLabels = 10;
constexpr size_t kLongestName = 24;  // bytes

std::string text_of(const nlohmann::json& item) { return item.is_string() ? item.get<std::string>() : item.dump(); }

std::string read_list(const nlohmann::json& list, std::vector<std::string>& names) {
  for (const auto& item : list) {
    if (item.is_object() || item.is_array() || item.is_null()) {
      return "the list of labels holds something that is no name";
    }
    names.emplace_back(trim(text_of(item)));
  }
  return "";
}

}  // namespace

std::string shown_label(std::string_view label) {
  return label.size() <= kLongestName ? fmt::format("'{}'", printable(label)) : fmt::format("a text of {} bytes", label.size());
}

std::string read_name(const Columns& columns, const Row& row, std::string& name) {
  const size_t at = columns.label.at(0);
  name = trim(row.cells[at]);
  if (row.missing(at) || name.empty()) return "the label is missing";
  if (row.kinds[at] == CellKind::list) return "the label is a list; expected one name or number";
  if (row.kinds[at] == CellKind::object) return "the label is an object; expected one name or number";
  return "";
}

std::string read_values(const Columns& columns, const Row& row, std::vector<double>& values) {
  values.clear();
  for (const size_t at : columns.label) {
    const std::string_view cell = trim(row.cells[at]);
    if (row.missing(at) || cell.empty()) return "the label is missing";
    const std::optional<double> value = parse_double(cell);
    if (!value) return fmt::format("the label is {}; expected a number", shown_label(cell));
    if (std::abs(*value) > std::numeric_limits<float>::max()) {
      return fmt::format("the label {} is too large for a 32-bit number", printable(cell));
    }
    values.push_back(*value);
  }
  return "";
}

std::string read_names(const Task& task, const Columns& columns, const RowReader& rows, const Row& row,
                       std::vector<std::string>& names) {
  names.clear();
  if (columns.label.size() > 1) {
    for (const size_t at : columns.label) {
      const std::string_view cell = trim(row.cells[at]);
      if (cell == "1" || cell == "1.0" || cell == "true" || cell == "True") {
        names.push_back(rows.columns()[at]);
      } else if (cell != "0" && cell != "0.0" && cell != "false" && cell != "False") {
        return fmt::format("column '{}' holds {}; expected 0 or 1", printable(rows.columns()[at]), shown_label(cell));
      }
    }
    return "";
  }
  const size_t at = columns.label.at(0);
  if (row.missing(at)) return "the label is missing";
  if (row.kinds[at] == CellKind::object) return "the label is an object; expected a list of names";
  if (row.kinds[at] == CellKind::list) {
    const std::string wrong = read_list(row.json->at(rows.columns()[at]), names);
    if (!wrong.empty()) return wrong;
  } else {
    std::string_view rest = row.cells[at];
    const std::string_view separator = task.label_separator.empty() ? "|" : std::string_view(task.label_separator);
    while (!rest.empty()) {
      const size_t end = rest.find(separator);
      if (const std::string_view name = trim(rest.substr(0, end)); !name.empty()) names.emplace_back(name);
      if (end == std::string_view::npos) break;
      rest.remove_prefix(end + separator.size());
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return "";
}

LabelReader::LabelReader(const Task& task) : task_(task) {
  for (size_t i = 0; i < task.labels.size(); ++i) ids_.emplace(task.labels[i], i);
}

int64_t LabelReader::id(const std::string& name) const {
  const auto at = ids_.find(name);
  return at == ids_.end() ? -1 : at->second;
}

std::string LabelReader::unknown(const std::string& name) const {
  const size_t shown = std::min(task_.labels.size(), kShownLabels);
  std::string known = join(std::span(task_.labels).first(shown), ", ");
  if (task_.labels.size() > shown) known += fmt::format(" and {} more", task_.labels.size() - shown);
  return fmt::format("the label {} is unknown{}; the classes are {}", shown_label(name), did_you_mean(name, task_.labels),
                     printable(known, 400));
}

std::string LabelReader::read(const Columns& columns, const RowReader& rows, const Row& row, Example& example) const {
  example.label = -100;
  example.values.clear();
  std::string wrong;
  if (task_.kind == TaskKind::classify) {
    std::string name;
    wrong = read_name(columns, row, name);
    if (!wrong.empty()) return wrong;
    example.label = id(name);
    return example.label < 0 ? unknown(name) : "";
  }
  if (task_.kind == TaskKind::multi_label) {
    std::vector<std::string> names;
    wrong = read_names(task_, columns, rows, row, names);
    example.values.assign(task_.labels.size(), 0);
    for (const std::string& name : names) {
      const int64_t at = id(name);
      if (at < 0) return unknown(name);
      example.values[size_t(at)] = 1;
    }
    return wrong;
  }
  if (task_.kind == TaskKind::regress || task_.kind == TaskKind::similarity) {
    std::vector<double> values;
    wrong = read_values(columns, row, values);
    for (const double value : values) example.values.push_back(static_cast<float>(value / task_.scale));
    return wrong;
  }
  return "";
}

}  // namespace espalier
