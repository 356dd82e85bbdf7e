#include "espalier/recipe/outcome.h"

#include <algorithm>
#include <numeric>

#include "espalier/base/table.h"
#include "espalier/base/text.h"
#include "espalier/metrics/classify.h"
#include "espalier/report/confusion.h"
#include "espalier/report/curve.h"

namespace espalier {
namespace {

constexpr size_t kShownClasses = 40;

std::string number(double value) { return fmt::format("{:.4f}", value); }

std::vector<double> shares(const std::vector<int64_t>& counts) {
  const double all = double(std::max<int64_t>(1, std::accumulate(counts.begin(), counts.end(), int64_t{0})));
  std::vector<double> shares;
  for (const int64_t count : counts) shares.push_back(double(count) / all);
  return shares;
}

std::string label_set(const Task& task, const uint8_t* flags) {
  std::vector<std::string> names;
  for (size_t i = 0; i < task.labels.size(); ++i) {
    if (flags[i] != 0) names.push_back(task.labels[i]);
  }
  return tsv_cell(join(names, task.label_separator.empty() ? "," : task.label_separator));
}

}  // namespace

Metrics majority_metrics(const Task& task, const MetricInput& input, const std::vector<int64_t>& train_counts, double mean) {
  if (task.kind == TaskKind::causal_lm) return {};  // nobody guesses a text blindly
  MetricInput blind = input;
  std::fill(blind.predicted_values.begin(), blind.predicted_values.end(), mean);
  std::fill(blind.predicted_labels.begin(), blind.predicted_labels.end(), uint8_t{0});
  if (!train_counts.empty()) {
    const int64_t largest = std::max_element(train_counts.begin(), train_counts.end()) - train_counts.begin();
    std::fill(blind.predicted.begin(), blind.predicted.end(), largest);
    for (Tags& tags : blind.predicted_tags) std::fill(tags.begin(), tags.end(), task.labels.at(size_t(largest)));
    const std::vector<double> row = shares(train_counts);
    for (size_t i = 0; i < blind.probabilities.size(); ++i) blind.probabilities[i] = row[i % row.size()];
  }
  return task_metrics(task, blind);
}

std::vector<Prediction> predict_bag(const BagOfWords& bag, const Task& task, std::span<const std::string> texts) {
  const std::vector<double> all = bag.logits(texts);
  const size_t width = texts.empty() ? 0 : all.size() / texts.size();
  std::vector<Prediction> predictions(texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    predictions[i].row = int64_t(i);
    predictions[i].logits.assign(all.begin() + int64_t(i * width), all.begin() + int64_t((i + 1) * width));
    read_logits(task, predictions[i]);
  }
  return predictions;
}

Evaluated evaluate_bag(const BagOfWords& bag, const Task& task, const TextRows& rows) {
  Evaluated result;
  result.predictions = predict_bag(bag, task, rows.texts);
  for (size_t i = 0; i < rows.texts.size(); ++i) {
    result.predictions[i].row = rows.targets[i].row;
    add_row(task, rows.targets[i], result.predictions[i], result.input);
  }
  result.metrics = task_metrics(task, result.input);
  return result;
}

std::string outcome_text(const Task& task, const Outcome& outcome) {
  std::vector<std::string> titles{""};
  for (const std::string& metric : task.metrics) titles.push_back(">" + metric);
  Table figures(titles);
  const auto row = [&](const std::string& name, const Metrics& metrics) {
    std::vector<std::string> cells{name};
    for (const std::string& metric : task.metrics) cells.push_back(number(metrics.at(metric)));
    figures.row(cells);
  };
  const std::string blind = task.kind == TaskKind::regress || task.kind == TaskKind::similarity ? "the mean" : "majority class";
  row("dev", outcome.dev.metrics);
  if (!outcome.dev_majority.empty()) row("dev, " + blind, outcome.dev_majority);
  if (outcome.test) row("test", outcome.test->metrics);
  if (outcome.test && !outcome.test_majority.empty()) row("test, " + blind, outcome.test_majority);
  std::string text = figures.text();
  if (task.kind != TaskKind::classify || task.labels.size() > kShownClasses) return text;

  const Evaluated& shown = outcome.test ? *outcome.test : outcome.dev;
  const ClassReport report = class_report(shown.input.truth, shown.input.predicted, int64_t(task.labels.size()));
  Table classes({fmt::format("class ({})", outcome.test ? "test" : "dev"), ">rows", ">precision", ">recall", ">F1"});
  for (size_t i = 0; i < task.labels.size(); ++i) {
    const ClassScores& scores = report.classes[i];
    classes.row({printable(task.labels[i]), with_commas(scores.support), fmt::format("{:.3f}", scores.precision),
                 fmt::format("{:.3f}", scores.recall), fmt::format("{:.3f}", scores.f1)});
  }
  return text + "\n" + classes.text();
}

TextsByRow texts_of(const DataSet& data, Part part) {
  const bool conll = data.task().conll(data.path(part));
  ReadOptions options{.labels = false, .spans = conll};
  if (!conll) options.keep = data.task().text;
  const auto reader = data.open(part, options);
  TextsByRow texts;
  Example example;
  while (reader->next(example)) texts.emplace(example.row, tsv_cell(conll ? example.source : join(example.kept, "\n")));
  return texts;
}

std::string predictions_tsv(const Task& task, const Evaluated& evaluated, const TextsByRow* texts) {
  const MetricInput& input = evaluated.input;
  const size_t labels = task.labels.size();
  std::string out = "row\ttruth\tprediction";
  if (task.kind == TaskKind::classify) out += "\tprobability";
  out += texts != nullptr ? "\ttext\n" : "\n";
  for (size_t i = 0; i < evaluated.predictions.size(); ++i) {
    const Prediction& prediction = evaluated.predictions[i];
    out += std::to_string(prediction.row);
    if (task.kind == TaskKind::classify) {
      out += fmt::format("\t{}\t{}\t{:.6f}", tsv_cell(task.labels[size_t(input.truth[i])]),
                         tsv_cell(task.labels[size_t(prediction.label)]), prediction.scores[size_t(prediction.label)]);
    } else if (task.kind == TaskKind::multi_label) {
      out += fmt::format("\t{}\t{}", label_set(task, &input.true_labels[i * labels]),
                         label_set(task, &input.predicted_labels[i * labels]));
    } else if (task.kind == TaskKind::tokens) {
      out += fmt::format("\t{}\t{}", tsv_cell(join(input.true_tags[i], " ")), tsv_cell(join(input.predicted_tags[i], " ")));
    } else if (task.kind == TaskKind::causal_lm) {
      out += fmt::format("\t{}\t{:.6g}", prediction.pieces, prediction.loss);
    } else if (task.kind == TaskKind::masked_lm || task.kind == TaskKind::seq2seq) {
      out += fmt::format("\t{}\t{}", prediction.masked.size(), prediction.tags.size());
    } else {
      const size_t width = prediction.scores.size();
      std::vector<std::string> truth, values;
      for (size_t j = 0; j < width; ++j) {
        truth.push_back(fmt::format("{:.6g}", input.true_values[i * width + j]));
        values.push_back(fmt::format("{:.6g}", prediction.scores[j]));
      }
      out += "\t" + join(truth, ",") + "\t" + join(values, ",");
    }
    if (texts != nullptr) out += "\t" + texts->at(prediction.row);
    out += "\n";
  }
  return out;
}

void draw_pictures(const RunFolder& folder, const Plan& plan, const Task& task, const Outcome& outcome) {
  if (task.kind == TaskKind::classify) {
    const Evaluated& shown = outcome.test ? *outcome.test : outcome.dev;
    const Confusion confusion(shown.input.truth, shown.input.predicted, int64_t(task.labels.size()));
    ConfusionPicture picture;
    picture.title = fmt::format("{} on {}", plan.method(), outcome.test ? "test" : "dev");
    picture.subtitle =
        fmt::format("{} {}, {} rows", task.best, number(shown.metrics.at(task.best)), with_commas(confusion.total));
    picture.names = task.labels;
    picture.counts = confusion.counts;
    write_file(folder.path() / "confusion.svg", confusion_svg(picture));
  }
  Series loss{"training loss", {}}, metric{"dev " + task.best, {}};
  double mean = 0;
  for (const nlohmann::json& event : folder.read_events()) {
    const std::string kind = event.value("kind", "");
    const double step = event.value("step", 0.0);
    if (kind == "step" && event["loss"].is_number()) {
      // An exponential mean over about twenty steps: single steps are noise.
      mean = loss.points.empty() ? event["loss"].get<double>() : mean + 0.05 * (event["loss"].get<double>() - mean);
      loss.points.emplace_back(step, mean);
    }
    if (kind == "evaluate" && event["split"] == "dev") metric.points.emplace_back(step, event["metrics"].value(task.best, 0.0));
  }
  if (loss.points.empty()) return;
  CurvePicture picture;
  picture.title = "Training";
  picture.subtitle = fmt::format("{}, {} steps", plan.method(), with_commas(plan.facts.steps));
  picture.y_label = "loss and " + task.best;
  picture.series = {loss, metric};
  picture.from_zero = true;
  write_file(folder.path() / "curve.svg", curve_svg(picture));
}

}  // namespace espalier
