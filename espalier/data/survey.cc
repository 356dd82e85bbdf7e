#include "espalier/data/survey.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

#include "espalier/base/error.h"
#include "espalier/base/seed.h"
#include "espalier/base/text.h"
#include "espalier/data/infer.h"
#include "espalier/data/labels.h"
#include "espalier/data/spans.h"
#include "espalier/io/conll.h"

namespace espalier {
namespace {

constexpr size_t kMostProblems = 10000;  // further rows are not looked at
constexpr int64_t kMostClasses = 100000;
constexpr const char* kHeadline = "labels cannot be used";

uint64_t hash_texts(const std::vector<size_t>& columns, const Row& row) {
  uint64_t key = 0;
  for (const size_t at : columns) key = derive_key(key, trim(row.cells[at]));
  return key;
}

/// Judges one row's label: gives its stratum, or says what is wrong.
using Judge = std::function<std::string(const Row& row, int32_t& stratum)>;

void survey_rows(RowReader& rows, const Columns& columns, bool for_split, const Judge& judge, Survey& survey) {
  Problems problems;
  Row row;
  while (problems.size() < kMostProblems && rows.next(row)) {
    int32_t stratum = 0;
    const std::string wrong = judge(row, stratum);
    if (!wrong.empty()) problems.add(rows.place(row.line), wrong);
    if (!for_split) continue;
    survey.texts.push_back(hash_texts(columns.text, row));
    survey.strata.push_back(stratum);
    if (columns.group) survey.groups.push_back(derive_key(0, trim(row.cells[*columns.group])));
  }
  problems.raise(ErrorKind::data, fmt::format("{}: {}", rows.path(), kHeadline));
  survey.rows = rows.rows();
  survey.lines = rows.lines();
  if (survey.rows == 0) throw data_error("the file has no rows").at(rows.path());
}

/// Sorted names become the task's labels; strata and counts follow.
void settle(const NameCounts& table, Task& task, Survey& survey, bool strata_are_names) {
  if (task.labels.empty()) {
    task.labels = table.names();
    if (task.kind == TaskKind::tokens) complete_tags(task.labels);
    sort_labels(task.labels);
  }
  const LabelReader reader(task);
  std::vector<int32_t> ids;
  survey.counts.assign(task.labels.size(), 0);
  for (size_t i = 0; i < table.names().size(); ++i) {
    ids.push_back(static_cast<int32_t>(reader.id(table.names()[i])));
    survey.counts[size_t(ids.back())] += table.counts()[i];
  }
  if (!strata_are_names) return;
  for (int32_t& stratum : survey.strata) stratum = ids[size_t(stratum)];
}

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low, sum = 0;
  int64_t count = 0;
  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
    sum += value;
    ++count;
  }
};

/// Reads names of classes, labels, spans or tags; known is false for the training file without given labels.
class Names {
 public:
  Names(const Task& task, bool known) : task_(task), reader_(task), known_(known) {}

  std::string add(const std::string& name, int32_t* stratum = nullptr) {
    if (known_ && reader_.id(name) < 0) return reader_.unknown(name);
    const int32_t id = table_.add(name);
    if (stratum != nullptr) *stratum = id;
    return "";
  }
  std::string add_all(const std::vector<std::string>& names) {
    std::string wrong;
    for (const std::string& name : names) {
      std::string unknown = add(name);
      if (wrong.empty()) wrong = std::move(unknown);
    }
    return wrong;
  }
  const NameCounts& table() const { return table_; }

 private:
  const Task& task_;
  LabelReader reader_;
  bool known_;
  NameCounts table_;
};

std::string judge_spans(const RowReader& rows, const Columns& columns, const Row& row, Names& names) {
  const size_t at = columns.label.at(0);
  if (row.missing(at)) return "the spans are missing; a text without any has an empty list";
  try {
    const std::string& text = row.cells[columns.text.at(0)];
    std::string wrong;
    for (const TextSpan& span : read_spans(row.json->at(rows.columns()[at]), text, rows.place(row.line))) {
      for (const char* prefix : {"B-", "I-"}) {
        if (std::string unknown = names.add(prefix + span.label); wrong.empty()) wrong = std::move(unknown);
      }
    }
    return wrong;
  } catch (const Error& error) {
    return error.message();
  }
}

Survey survey_conll(Task& task, const std::string& path, bool known, bool for_split) {
  ConllReader reader(path);
  if (task.text.empty()) task.text = {"0"};
  if (task.label.empty()) task.label = {"-1"};
  const size_t words = reader.column(task.text[0]), tags = reader.column(task.label[0]);
  if (words == tags) throw data_error("the tokens have one column; expected a word and its tag").at(path);
  Names names(task, known);
  Survey survey;
  Problems problems;
  Sentence sentence;
  while (problems.size() < kMostProblems && reader.next(sentence)) {
    uint64_t key = 0;
    std::string_view last = "O";
    for (size_t t = 0; t < sentence.size(); ++t) {
      const std::string& tag = sentence.columns[tags][t];
      survey.opened += tag.starts_with("B-");
      survey.stray += tag.starts_with("I-") && (last.size() < 2 || last.substr(1) != std::string_view(tag).substr(1));
      last = tag;
      const std::string wrong = names.add(tag);
      if (!wrong.empty()) problems.add(reader.place(sentence.line + int64_t(t)), wrong);
      if (for_split) key = derive_key(key, sentence.columns[words][t]);
    }
    if (!for_split) continue;
    survey.texts.push_back(key);
    survey.strata.push_back(0);
  }
  problems.raise(ErrorKind::data, fmt::format("{}: {}", path, kHeadline));
  survey.rows = reader.sentences();
  survey.lines = reader.lines();
  settle(names.table(), task, survey, false);
  return survey;
}

/// What the first row's label says of a JSON-lines file; the task's kind otherwise.
TaskKind kind_of(const Task& task, const std::string& path) {
  const auto rows = open_rows(path, task.rows);
  if (task.label.size() > 1) return TaskKind::multi_label;
  if (!task.label_separator.empty()) return TaskKind::multi_label;
  const Columns columns = find_columns(*rows, task, true);
  Row row;
  if (!rows->next(row) || row.kinds[columns.label.at(0)] != CellKind::list) return TaskKind::classify;
  const auto& list = row.json->at(rows->columns()[columns.label[0]]);
  const bool spans = rows->columns()[columns.label[0]] == "spans" || (!list.empty() && list[0].is_object());
  return spans ? TaskKind::tokens : TaskKind::multi_label;
}

Survey survey_table(Task& task, const std::string& path, bool known, bool for_split, bool kind_known) {
  const auto rows = open_rows(path, task.rows);
  const Columns columns = find_columns(*rows, task, !is_language(task.kind), {}, for_split);
  Survey survey;
  Names names(task, known);
  NameCounts sets;
  std::vector<Range> ranges(columns.label.size());
  const auto judge_names = [&] { check_classes(names.table(), rows->rows(), kind_known, join(task.label, ", "), path); };
  const auto judge = [&](const Row& row, int32_t& stratum) -> std::string {
    if (is_language(task.kind)) return "";
    if (task.kind == TaskKind::seq2seq) return row.missing(columns.label.at(0)) ? "the text to write is missing" : "";
    if (task.kind == TaskKind::tokens) return judge_spans(*rows, columns, row, names);
    if (task.kind == TaskKind::classify) {
      std::string name, wrong = read_name(columns, row, name);
      if (wrong.empty()) wrong = names.add(name, &stratum);
      if (!known && names.table().size() == kMostClasses) judge_names();  // before memory grows with the file
      return wrong;
    }
    if (task.kind == TaskKind::multi_label) {
      std::vector<std::string> found;
      std::string wrong = read_names(task, columns, *rows, row, found);
      if (wrong.empty()) wrong = names.add_all(found);
      if (for_split) stratum = sets.add(join(found, "\x1f"));
      return wrong;
    }
    std::vector<double> values;
    std::string wrong = read_values(columns, row, values);
    for (size_t i = 0; wrong.empty() && i < values.size(); ++i) ranges[i].add(values[i]);
    return wrong;
  };
  survey_rows(*rows, columns, for_split, judge, survey);
  if (task.kind == TaskKind::classify && !known) judge_names();
  if (task.kind == TaskKind::tokens && !known && names.table().size() > 0) names.add("O");
  if (task.kind == TaskKind::multi_label && task.label.size() > 1 && task.labels.empty()) {
    for (const size_t at : columns.label) task.labels.push_back(rows->columns()[at]);
  }
  if (task.kind == TaskKind::classify || task.kind == TaskKind::multi_label || task.kind == TaskKind::tokens) {
    settle(names.table(), task, survey, task.kind == TaskKind::classify);
  }
  for (const Range& range : ranges) {
    if (range.count == 0) continue;
    survey.low = &range == &ranges[0] ? range.low : std::min(survey.low, range.low);
    survey.high = &range == &ranges[0] ? range.high : std::max(survey.high, range.high);
    survey.means.push_back(range.sum / double(range.count));
  }
  if (task.kind == TaskKind::regress && task.labels.empty()) task.labels = task.label;
  return survey;
}

void refuse_one_class(const Task& task, const Survey& survey, const std::string& path) {
  const int64_t seen = std::count_if(survey.counts.begin(), survey.counts.end(), [](int64_t n) { return n > 0; });
  if (task.kind == TaskKind::classify && seen < 2) {
    throw data_error("all {} rows have the label {}; a classifier needs two classes at least", with_commas(survey.rows),
                     shown_label(task.labels.at(0)))
        .at(path);
  }
  if (task.kind == TaskKind::multi_label && seen == 0) throw data_error("no row has any label").at(path);
  if (task.kind == TaskKind::tokens && seen < 2) {
    throw data_error("all tokens have the same label or none; nothing can be learned").at(path);
  }
  if ((task.kind == TaskKind::regress || task.kind == TaskKind::similarity) && survey.low == survey.high) {
    throw data_error("all {} rows have the number {}; nothing can be learned", with_commas(survey.rows), survey.low).at(path);
  }
}

}  // namespace

Survey survey_training(Task& task, bool kind_known, const std::string& path, bool for_split) {
  const bool conll = task.conll(path);
  if (conll && kind_known && task.kind != TaskKind::tokens) {
    throw usage_error("a CoNLL file holds token labels; the task is {}", kind_name(task.kind)).at(path).hint("--task tokens");
  }
  if (!conll) {
    name_columns(*open_rows(path, task.rows), task);
    if (!kind_known) task.kind = kind_of(task, path);
    if (task.kind == TaskKind::tokens && open_rows(path, task.rows)->format() != "jsonl") {
      throw usage_error("token labels come as CoNLL (.conll) or as spans in JSON lines (.jsonl)").at(path);
    }
  } else {
    task.kind = TaskKind::tokens;
  }
  const bool known = !task.labels.empty() && task.kind != TaskKind::regress;
  Survey survey = conll ? survey_conll(task, path, known, for_split) : survey_table(task, path, known, for_split, kind_known);
  refuse_one_class(task, survey, path);
  if (task.scale == 0) {
    const double most = std::max(std::abs(survey.low), std::abs(survey.high));
    task.scale = task.kind == TaskKind::similarity && most > 1 ? most : 1;
  }
  std::vector<std::string> usual = default_metrics(task.kind, task.labels);
  if (survey.stray > survey.opened) usual.assign(1, "entity_f1_lenient");
  if (task.metrics.empty()) task.metrics = usual;
  if (task.best.empty()) task.best = task.metrics[0];
  if (std::find(task.metrics.begin(), task.metrics.end(), task.best) == task.metrics.end()) task.metrics.push_back(task.best);
  return survey;
}

Survey survey_labels(const Task& task, const std::string& path) {
  Task copy = task;
  const bool known = task.kind != TaskKind::regress;
  return task.conll(path) ? survey_conll(copy, path, known, false) : survey_table(copy, path, known, false, true);
}

}  // namespace espalier
