#include "espalier/data/columns.h"

#include <algorithm>
#include <array>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/row_formats.h"

namespace espalier {
namespace {

bool has(const RowReader& rows, std::string_view name) {
  return std::find(rows.columns().begin(), rows.columns().end(), name) != rows.columns().end();
}

void split_names(const RowReader& rows, std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const std::string& name : names) {
    if (has(rows, name) || name.find(',') == std::string::npos) {
      out.push_back(name);
    } else {
      for (const std::string& part : split(name, ',')) out.emplace_back(trim(part));
    }
  }
  names = std::move(out);
}

}  // namespace

Columns find_columns(const RowReader& rows, const Task& task, bool labels, const std::vector<std::string>& keep, bool group) {
  Columns columns;
  if (rows.format() == "lines") {
    if (task.text.size() > 1) {
      throw usage_error("plain lines hold one text each; the task needs {}", task.text.size())
          .at(rows.path())
          .hint("give the format that the input has: tsv, csv or jsonl");
    }
    columns.text = {0};
  }
  Problems problems;
  const auto find = [&](const std::string& name) -> size_t {
    try {
      return rows.column(name);
    } catch (const Error& error) {
      problems.add(error.place(), error.message(), error.hint());
      return 0;
    }
  };
  if (columns.text.empty()) {
    for (const std::string& name : task.text) columns.text.push_back(find(name));
  }
  if (labels) {
    for (const std::string& name : task.label) columns.label.push_back(find(name));
  }
  for (const std::string& name : keep) columns.keep.push_back(find(name));
  if (group && !task.group.empty()) columns.group = find(task.group);
  problems.raise(ErrorKind::usage, rows.path() + ": columns are missing");
  return columns;
}

void name_texts(const RowReader& rows, Task& task) {
  split_names(rows, task.text);
  if (task.text.empty() && rows.columns().size() == 1) task.text = rows.columns();
  if (task.text.empty()) {
    for (const std::string_view name : std::array<std::string_view, 3>{"text", "sentence", "description"}) {
      if (task.text.empty() && has(rows, name)) task.text = {std::string(name)};
    }
    if (task.text.empty() && has(rows, "sentence1") && has(rows, "sentence2")) task.text = {"sentence1", "sentence2"};
  }
  if (task.text.empty()) {
    throw usage_error("which column holds the text? The file has {}", shown_columns(rows.columns()))
        .at(rows.path())
        .hint("name it: --text COLUMN, or two: --text FIRST,SECOND");
  }
  if (task.text.size() > 2) throw usage_error("{} text columns are named; expected one or two", task.text.size());
  if (task.kind == TaskKind::similarity && task.text.size() != 2) {
    throw usage_error("similarity compares two texts; {} is named", join(task.text, ", ")).hint("--text FIRST,SECOND");
  }
}

void name_columns(const RowReader& rows, Task& task) {
  name_texts(rows, task);
  split_names(rows, task.label);
  if (is_language(task.kind) || !task.label.empty()) return;
  const bool writes = task.kind == TaskKind::seq2seq;
  const std::array<std::string_view, 4> usual = writes
                                                    ? std::array<std::string_view, 4>{"target", "target_text", "summary", "label"}
                                                    : std::array<std::string_view, 4>{"label", "labels", "score", "spans"};
  for (const std::string_view name : usual) {
    if (task.label.empty() && has(rows, name)) task.label = {std::string(name)};
  }
  if (task.label.empty()) {
    throw usage_error("which column holds the label? The file has {}", shown_columns(rows.columns()))
        .at(rows.path())
        .hint("name it: --label COLUMN");
  }
}

}  // namespace espalier
