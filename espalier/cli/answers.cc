#include "espalier/cli/answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "espalier/base/text.h"
#include "espalier/io/rows.h"

namespace espalier {
namespace {

std::string number(double value) { return fmt::format("{:.6g}", value); }

std::string column_name(const AnswerOptions& options, std::string name) {
  const bool taken = std::find(options.keep.begin(), options.keep.end(), name) != options.keep.end();
  return taken ? "predicted_" + name : name;
}

/// Names of the numbers in Answer::scores.
std::vector<std::string> score_names(const Task& task) {
  if (!task.labels.empty()) return task.labels;
  return {task.kind == TaskKind::similarity ? "similarity" : "value"};
}

bool has_classes(const Task& task) { return task.kind == TaskKind::classify || task.kind == TaskKind::multi_label; }

class TableWriter final : public AnswerWriter {
 public:
  TableWriter(const Task& task, AnswerOptions options) : task_(task), options_(std::move(options)) {}

  std::string header() const override {
    std::vector<std::string> names = options_.keep;
    for (const std::string& name : own_columns()) names.push_back(column_name(options_, name));
    return line(names);
  }

  std::string lines(const Answer& answer) const override {
    std::vector<std::string> cells = answer.kept;
    switch (task_.kind) {
      case TaskKind::tokens: {
        std::string out;
        for (const AnswerSpan& span : answer.spans) {
          cells = answer.kept;
          for (const std::string& cell : {std::to_string(answer.row), std::to_string(span.start), std::to_string(span.end),
                                          span.label, span.text, number(span.score)}) {
            cells.push_back(cell);
          }
          out += line(cells);
        }
        return out;
      }
      case TaskKind::classify:
        cells.push_back(answer.label);
        cells.push_back(number(answer.score));
        break;
      case TaskKind::multi_label:
        cells.push_back(join(answer.labels, "|"));
        break;
      default:
        for (const double score : answer.scores) cells.push_back(number(score));
    }
    if (options_.probabilities && has_classes(task_)) {
      for (const double score : answer.scores) cells.push_back(number(score));
    }
    return line(cells);
  }

 private:
  std::vector<std::string> own_columns() const {
    std::vector<std::string> names;
    if (task_.kind == TaskKind::tokens) return {"row", "start", "end", "type", "text", "probability"};
    if (task_.kind == TaskKind::classify) names = {"label", "probability"};
    if (task_.kind == TaskKind::multi_label) names = {"labels"};
    if (!has_classes(task_)) return score_names(task_);
    if (options_.probabilities) {
      for (const std::string& label : task_.labels) names.push_back("probability_" + label);
    }
    return names;
  }

  std::string line(const std::vector<std::string>& cells) const {
    std::string out;
    for (const std::string& cell : cells) {
      const bool csv = options_.format == AnswerFormat::csv;
      if (&cell != &cells.front()) out += csv ? ',' : '\t';
      out += csv ? csv_cell(cell) : tsv_cell(cell);
    }
    return out + "\n";
  }

  const Task& task_;
  const AnswerOptions options_;
};

class JsonWriter final : public AnswerWriter {
 public:
  JsonWriter(const Task& task, AnswerOptions options) : task_(task), options_(std::move(options)) {}

  std::string header() const override { return ""; }

  std::string lines(const Answer& answer) const override {
    nlohmann::ordered_json out;
    const auto set = [&](const char* name, nlohmann::ordered_json value) { out[column_name(options_, name)] = std::move(value); };
    for (size_t i = 0; i < options_.keep.size(); ++i) out[options_.keep[i]] = answer.kept[i];
    switch (task_.kind) {
      case TaskKind::tokens: {
        auto spans = nlohmann::ordered_json::array();
        for (const AnswerSpan& span : answer.spans) {
          spans.push_back(
              {{"start", span.start}, {"end", span.end}, {"type", span.label}, {"text", span.text}, {"probability", span.score}});
        }
        set("row", answer.row);
        set("entities", std::move(spans));
        break;
      }
      case TaskKind::classify:
        set("label", answer.label);
        set("probability", answer.score);
        break;
      case TaskKind::multi_label:
        set("labels", answer.labels);
        break;
      default: {
        const std::vector<std::string> names = score_names(task_);
        for (size_t i = 0; i < answer.scores.size() && i < names.size(); ++i) set(names[i].c_str(), answer.scores[i]);
      }
    }
    if (options_.probabilities && has_classes(task_)) {
      nlohmann::ordered_json all;
      for (size_t i = 0; i < answer.scores.size(); ++i) all[task_.labels[i]] = answer.scores[i];
      set("probabilities", std::move(all));
    }
    return out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  }

 private:
  const Task& task_;
  const AnswerOptions options_;
};

}  // namespace

std::unique_ptr<AnswerWriter> make_answer_writer(const Task& task, const AnswerOptions& options) {
  if (options.format == AnswerFormat::json) return std::make_unique<JsonWriter>(task, options);
  return std::make_unique<TableWriter>(task, options);
}

}  // namespace espalier
