#include "espalier/train/texts.h"

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/data/labels.h"

namespace espalier {

TextRows read_texts(const Task& task, const std::string& path, const ReadOptions& options) {
  const auto rows = open_rows(path, task.rows);
  const Columns columns = find_columns(*rows, task, options.labels);
  const LabelReader labels(task);
  TextRows result;
  Row row;
  while (rows->next(row)) {
    if (!options.wants(rows->rows() - 1)) continue;
    std::vector<std::string> cells;
    for (const size_t at : columns.text) cells.push_back(row.cells[at]);
    result.texts.push_back(join(cells, "\n"));
    if (!options.labels) continue;
    Example& target = result.targets.emplace_back();
    if (const std::string wrong = labels.read(columns, *rows, row, target); !wrong.empty()) {
      throw data_error("{}", wrong).at(rows->place(row.line));
    }
    target.row = rows->rows() - 1;
    target.line = row.line;
  }
  return result;
}

TextRows read_texts(ExampleReader& reader) {
  TextRows result;
  Example example;
  while (reader.next(example)) {
    if (example.window > 0) continue;
    result.texts.push_back(join(example.kept, "\n"));
    Example& target = result.targets.emplace_back();
    target.label = example.label;
    target.values = example.values;
    target.row = example.row;
    target.line = example.line;
  }
  return result;
}

Link link_of(TaskKind kind) {
  if (kind == TaskKind::classify) return Link::softmax;
  if (kind == TaskKind::multi_label) return Link::sigmoid;
  if (kind == TaskKind::regress) return Link::identity;
  throw unsupported_error("a linear model is not fitted to tasks of kind {}", kind_name(kind))
      .hint("classify, multi_label and regress are; or train with the method lora");
}

std::vector<double> targets_of(const Task& task, const std::vector<Example>& examples) {
  if (link_of(task.kind) == Link::softmax) {
    std::vector<int64_t> classes;
    for (const Example& example : examples) classes.push_back(example.label);
    return one_hot(classes, int64_t(task.labels.size()));
  }
  std::vector<double> targets;
  for (const Example& example : examples) targets.insert(targets.end(), example.values.begin(), example.values.end());
  return targets;
}

}  // namespace espalier
