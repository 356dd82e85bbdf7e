#include "espalier/cli/evaluation.h"

#include <fmt/format.h>

#include <algorithm>

#include "espalier/base/table.h"
#include "espalier/base/text.h"
#include "espalier/metrics/classify.h"
#include "espalier/metrics/entities.h"

namespace espalier {
namespace {

constexpr size_t kPairs = 10;
constexpr double kBootstrapWork = 2e8;  // rows looked at for all intervals of one table

std::string figure(double value) { return fmt::format("{:.4f}", value); }
std::string interval_text(const Interval& interval) { return fmt::format("{:.4f} to {:.4f}", interval.low, interval.high); }

BootstrapOptions bootstrap_for(int64_t rows, int64_t tables) {
  BootstrapOptions options;
  const double affordable = kBootstrapWork / double(std::max<int64_t>(1, rows * tables));
  options.samples = std::clamp<int64_t>(int64_t(affordable), 100, 1000);
  return options;
}

/// One row of the table of classes, labels or entity types.
struct ClassRow {
  std::string name;
  ClassScores scores;
  std::optional<double> auroc;
  std::optional<Interval> interval;  ///< of f1
};

/// Classes and labels as yes or no: truth and prediction of one of them.
struct OneClass {
  std::vector<uint8_t> truth, predicted;
};

double f1_of(const OneClass& one, std::span<const int64_t> rows) {
  int64_t hits = 0, wrong = 0;
  for (const int64_t row : rows) {
    hits += one.truth[size_t(row)] & one.predicted[size_t(row)];
    wrong += one.truth[size_t(row)] ^ one.predicted[size_t(row)];
  }
  return hits == 0 ? 0 : 2.0 * double(hits) / double(2 * hits + wrong);
}

double auroc_of(const OneClass& one, const MetricInput& input, int64_t c) {
  MetricInput two;
  two.classes = 2;
  for (size_t i = 0; i < one.truth.size(); ++i) {
    const double p = input.probabilities[i * size_t(input.classes) + size_t(c)];
    two.truth.push_back(one.truth[i]);
    two.probabilities.push_back(1 - p);
    two.probabilities.push_back(p);
  }
  return compute_metric("auroc", two);
}

ClassRow class_row(const std::string& name, const OneClass& one, const MetricInput& input, int64_t c) {
  ClassRow row{.name = name};
  int64_t hits = 0, said = 0;
  for (size_t i = 0; i < one.truth.size(); ++i) {
    hits += one.truth[i] & one.predicted[i];
    said += one.predicted[i];
    row.scores.support += one.truth[i];
  }
  const auto ratio = [](int64_t part, int64_t all) { return all == 0 ? 0 : double(part) / double(all); };
  row.scores.precision = ratio(hits, said);
  row.scores.recall = ratio(hits, row.scores.support);
  row.scores.f1 = ratio(2 * hits, said + row.scores.support);
  const auto rows = int64_t(one.truth.size());
  if (!input.probabilities.empty() && row.scores.support > 0 && row.scores.support < rows) row.auroc = auroc_of(one, input, c);
  return row;
}

std::vector<ClassRow> class_rows(const Task& task, const MetricInput& input) {
  std::vector<ClassRow> rows;
  if (task.kind == TaskKind::tokens) {
    const EntityReport report = entity_report(input.true_tags, input.predicted_tags);
    for (size_t i = 0; i < report.types.size(); ++i) rows.push_back({report.types[i], report.by_type[i], {}, {}});
    return rows;
  }
  if (task.kind != TaskKind::classify && task.kind != TaskKind::multi_label) return rows;
  const size_t size = size_t(input.size());
  std::vector<OneClass> ones;
  for (int64_t c = 0; c < input.classes; ++c) {
    OneClass one{std::vector<uint8_t>(size), std::vector<uint8_t>(size)};
    for (size_t i = 0; i < size; ++i) {
      const size_t at = i * size_t(input.classes) + size_t(c);
      const bool several = task.kind == TaskKind::multi_label;
      one.truth[i] = several ? input.true_labels[at] : input.truth[i] == c;
      one.predicted[i] = several ? input.predicted_labels[at] : input.predicted[i] == c;
    }
    rows.push_back(class_row(task.labels.at(size_t(c)), one, input, c));
    ones.push_back(std::move(one));
  }
  const std::vector<Interval> intervals = bootstrap(
      input.size(), ones.size(),
      [&](std::span<const int64_t> drawn, std::span<double> f1) {
        for (size_t c = 0; c < ones.size(); ++c) f1[c] = f1_of(ones[c], drawn);
      },
      bootstrap_for(input.size(), input.classes));
  for (size_t c = 0; c < rows.size(); ++c) rows[c].interval = intervals[c];
  return rows;
}

std::vector<ConfusedPair> pairs_of(const Task& task, const MetricInput& input) {
  if (task.kind != TaskKind::classify) return {};
  return confused_pairs(Confusion(input.truth, input.predicted, input.classes), kPairs);
}

/// Token tasks draw whole sequences where the metric is one of tags, else words.
Interval interval_of(const Task& task, const std::string& name, const MetricInput& input) {
  const Metric& metric = find_metric(name);
  MetricInput drawn = input;
  if (task.kind == TaskKind::tokens && metric.needs == MetricNeeds::tags) {
    drawn.truth.clear();
    drawn.predicted.clear();
  } else {
    drawn.true_tags.clear();
    drawn.predicted_tags.clear();
  }
  return metric_interval(metric, drawn, bootstrap_for(drawn.size(), std::max<int64_t>(1, drawn.classes)));
}

}  // namespace

std::string evaluation_text(const Task& task, const Evaluated& evaluated) {
  const MetricInput& input = evaluated.input;
  std::string out;
  Table metrics({"metric", ">value", "95 % interval"});
  for (const std::string& name : task.metrics) {
    metrics.row({name, figure(evaluated.metrics.at(name)), interval_text(interval_of(task, name, input))});
  }
  if (task.kind == TaskKind::classify) {
    const ClassReport report = class_report(input.truth, input.predicted, input.classes);
    metrics.row({"always " + task.labels.at(size_t(report.majority_class)), figure(report.majority_share),
                 "accuracy of the largest class"});
  }
  out += metrics.text();

  const std::vector<ClassRow> rows = class_rows(task, input);
  if (!rows.empty()) {
    const bool tokens = task.kind == TaskKind::tokens;
    Table classes(
        tokens ? std::vector<std::string>{"entity", ">rows", ">precision", ">recall", ">F1"}
               : std::vector<std::string>{"class", ">rows", ">precision", ">recall", ">F1", "95 % interval of F1", ">AUROC"});
    for (const ClassRow& row : rows) {
      std::vector<std::string> cells{row.name, with_commas(row.scores.support), figure(row.scores.precision),
                                     figure(row.scores.recall), figure(row.scores.f1)};
      if (!tokens) {
        cells.push_back(row.interval ? interval_text(*row.interval) : "-");
        cells.push_back(row.auroc ? figure(*row.auroc) : "-");
      }
      classes.row(cells);
    }
    out += "\n" + classes.text();
  }
  const std::vector<ConfusedPair> pairs = pairs_of(task, input);
  if (!pairs.empty()) {
    Table table({"true class", "taken for", ">times", ">share of the class"});
    for (const ConfusedPair& pair : pairs) {
      table.row({task.labels.at(size_t(pair.truth)), task.labels.at(size_t(pair.predicted)), with_commas(pair.count),
                 percent(pair.share)});
    }
    out += "\n" + table.text();
  }
  return out;
}

nlohmann::ordered_json evaluation_json(const Task& task, const Evaluated& evaluated) {
  const MetricInput& input = evaluated.input;
  nlohmann::ordered_json out{{"rows", task.kind == TaskKind::tokens ? int64_t(input.true_tags.size()) : input.size()}};
  for (const std::string& name : task.metrics) {
    const Interval interval = interval_of(task, name, input);
    out["metrics"][name] = {{"value", evaluated.metrics.at(name)}, {"interval", {interval.low, interval.high}}};
  }
  for (const ClassRow& row : class_rows(task, input)) {
    auto& one = out["classes"][row.name] = {
        {"rows", row.scores.support}, {"precision", row.scores.precision}, {"recall", row.scores.recall}, {"f1", row.scores.f1}};
    if (row.interval) one["f1_interval"] = {row.interval->low, row.interval->high};
    if (row.auroc) one["auroc"] = *row.auroc;
  }
  for (const ConfusedPair& pair : pairs_of(task, input)) {
    out["confused"].push_back({{"true", task.labels.at(size_t(pair.truth))},
                               {"predicted", task.labels.at(size_t(pair.predicted))},
                               {"count", pair.count},
                               {"share", pair.share}});
  }
  return out;
}

}  // namespace espalier
