// The label cells of a row, as class, values or names.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "espalier/data/columns.h"
#include "espalier/data/example.h"

namespace espalier {

/// A label as messages show it: in quotes while it may be a name; of anything longer only its length, since the column may
/// hold somebody's text.
std::string shown_label(std::string_view label);
/// The names in a multi-label row: a JSON list, the parts of a cell, or the columns that hold 1. "" or what is wrong.
std::string read_names(const Task& task, const Columns& columns, const RowReader& rows, const Row& row,
                       std::vector<std::string>& names);
/// The single label of a row, without white space around it. "" or what is wrong.
std::string read_name(const Columns& columns, const Row& row, std::string& name);
/// The numbers of a row's label columns. "" or what is wrong.
std::string read_values(const Columns& columns, const Row& row, std::vector<double>& values);

/// Turns the labels of rows into an example's targets.
class LabelReader {
 public:
  explicit LabelReader(const Task& task);
  /// "" or what is wrong with the row's label.
  std::string read(const Columns& columns, const RowReader& rows, const Row& row, Example& example) const;
  /// -1 when unknown.
  int64_t id(const std::string& name) const;
  /// "label 'x' is unknown (did you mean …); the classes are …"
  std::string unknown(const std::string& name) const;

 private:
  const Task& task_;
  std::unordered_map<std::string, int64_t> ids_;
};

}  // namespace espalier
