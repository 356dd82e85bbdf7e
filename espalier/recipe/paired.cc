#include "espalier/recipe/paired.h"

#include <map>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/rows.h"
#include "espalier/metrics/metric.h"
#include "espalier/recipe/plan.h"
#include "espalier/report/run.h"

namespace espalier {
namespace {

struct Answered {
  std::string truth, prediction;
  bool operator==(const Answered&) const = default;
};
using AnsweredRows = std::map<int64_t, Answered>;

struct PairedRun {
  std::string kind, separator;
  std::vector<std::string> labels, metrics;
  AnsweredRows rows;
};

PairedRun read_answers(const fs::path& path) {
  const RunFolder folder(path);
  const DataOptions data = load_plan(folder.plan()).recipe.data;
  PairedRun run{data.kind, data.label_separator.empty() ? "," : data.label_separator, {}, data.metrics, {}};
  for (const std::string& label : data.labels) run.labels.push_back(tsv_cell(label));
  if (!fs::exists(folder.dev_predictions())) return run;
  const auto rows = open_rows(folder.dev_predictions().string());
  const size_t number = rows->column("row"), truth = rows->column("truth"), prediction = rows->column("prediction");
  for (Row row; rows->next(row);) {
    const auto key = parse_int(row.cells[number]);
    if (!key) throw data_error("row '{}'; expected a number", printable(row.cells[number])).at(folder.dev_predictions().string());
    run.rows[*key] = {row.cells[truth], row.cells[prediction]};
  }
  return run;
}

std::string why_not(const fs::path& first_path, const PairedRun& first, const fs::path& other_path, const PairedRun& other) {
  for (const auto& [path, run] : {std::pair(&first_path, &first), std::pair(&other_path, &other)}) {
    if (run->rows.empty()) return fmt::format("{} has no dev_predictions.tsv", path->string());
  }
  if (first.kind != other.kind || first.labels != other.labels) return "their tasks differ";
  int64_t absent = 0, changed = 0;
  for (const auto& [number, row] : first.rows) {
    const auto found = other.rows.find(number);
    absent += found == other.rows.end();
    changed += found != other.rows.end() && found->second.truth != row.truth;
  }
  if (absent > 0 || first.rows.size() != other.rows.size())
    return fmt::format("not the same dev rows: {} and {}", with_commas(int64_t(first.rows.size())),
                       with_commas(int64_t(other.rows.size())) +
                           (absent > 0 ? fmt::format(", {} of the first not in the second", with_commas(absent)) : ""));
  if (changed > 0) return fmt::format("not the same dev rows: {} have another truth", with_commas(changed));
  return "";
}

int64_t id_of(const std::vector<std::string>& labels, const std::string& name, const fs::path& path) {
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == name) return int64_t(i);
  }
  throw data_error("'{}' is no class of the run's plan", printable(name)).at((path / "dev_predictions.tsv").string());
}

double value_of(const std::string& text, const fs::path& path) {
  const auto value = parse_double(text);
  if (!value) throw data_error("'{}'; expected a number", printable(text)).at((path / "dev_predictions.tsv").string());
  return *value;
}

std::vector<std::string> parts_of(const std::string& text, char separator) {
  return text.empty() ? std::vector<std::string>() : split(text, separator);
}

/// What metrics are computed from, where the answers alone say it.
MetricInput metric_input(const PairedRun& run, const fs::path& path) {
  MetricInput input;
  input.classes = int64_t(run.labels.size());
  for (const auto& [number, row] : run.rows) {
    if (run.kind == "classify") {
      input.truth.push_back(id_of(run.labels, row.truth, path));
      input.predicted.push_back(id_of(run.labels, row.prediction, path));
    } else if (run.kind == "multi_label") {
      for (const auto& [text, flags] :
           {std::pair(&row.truth, &input.true_labels), std::pair(&row.prediction, &input.predicted_labels)}) {
        const size_t begin = flags->size();
        flags->resize(begin + run.labels.size(), 0);
        for (const std::string& name : parts_of(*text, run.separator[0]))
          (*flags)[begin + size_t(id_of(run.labels, name, path))] = 1;
      }
    } else if (run.kind == "tokens") {
      input.true_tags.push_back(parts_of(row.truth, ' '));
      input.predicted_tags.push_back(parts_of(row.prediction, ' '));
    } else {
      input.true_values.push_back(value_of(row.truth, path));
      input.predicted_values.push_back(value_of(row.prediction, path));
    }
  }
  return input;
}

bool answers_decide(const Metric& metric) {
  return metric.needs != MetricNeeds::probabilities && metric.needs != MetricNeeds::label_scores;
}

}  // namespace

Paired compare_paired(std::span<const fs::path> first, std::span<const fs::path> second, int64_t samples) {
  Paired result;
  std::vector<MetricInput> inputs;
  PairedRun reference;
  for (const std::span<const fs::path> group : {first, second}) {
    for (const fs::path& path : group) {
      const PairedRun run = read_answers(path);
      if (inputs.empty()) reference = run;
      result.problem = why_not(first[0], reference, path, run);
      if (result.problem.empty() && (run.kind == "masked_lm" || run.kind == "causal_lm"))
        result.problem = "its answers are not stored";
      if (result.problem.empty() && run.rows.begin()->second.truth.find(',') != std::string::npos &&
          (run.kind == "regress" || run.kind == "similarity"))
        result.problem = "several targets";
      if (!result.problem.empty()) return result;
      inputs.push_back(metric_input(run, path));
    }
  }
  result.rows = int64_t(reference.rows.size());
  for (const std::string& name : reference.metrics) {
    const Metric& metric = find_metric(name);
    if (!answers_decide(metric)) continue;
    const auto mean = [&](size_t begin, size_t end) {
      return [&, begin, end](std::span<const int64_t> rows) {
        double sum = 0;
        for (size_t i = begin; i < end; ++i) sum += metric(inputs[i].take(rows));
        return sum / double(end - begin);
      };
    };
    const auto before = mean(0, first.size()), after = mean(first.size(), inputs.size());
    const PairedBootstrap drawn = paired_bootstrap(result.rows, after, before, {.samples = samples});
    PairedFigure figure{name, drawn.difference, drawn.interval.low, drawn.interval.high, drawn.p, "bootstrap"};
    if (name == "accuracy" && inputs.size() == 2) {
      const MetricInput &a = inputs[0], &b = inputs[1];
      int64_t only_first = 0, only_second = 0;
      for (size_t i = 0; i < a.truth.size(); ++i) {
        only_first += a.predicted[i] == a.truth[i] && b.predicted[i] != a.truth[i];
        only_second += b.predicted[i] == a.truth[i] && a.predicted[i] != a.truth[i];
      }
      figure.p = mcnemar(only_first, only_second);
      figure.test = fmt::format("McNemar, {} : {}", with_commas(only_second), with_commas(only_first));
    }
    result.figures.push_back(std::move(figure));
  }
  return result;
}

}  // namespace espalier
