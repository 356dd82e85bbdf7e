// Checks and row selection of a metric's input, look-up by name.
#include "espalier/metrics/metric.h"

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/metrics/check.h"

namespace espalier {
namespace {

template <class T>
std::vector<T> take_rows(const std::vector<T>& from, std::span<const int64_t> rows, size_t width) {
  std::vector<T> out;
  if (from.empty()) return out;
  out.reserve(rows.size() * width);
  for (int64_t row : rows) {
    const auto begin = from.begin() + row * int64_t(width);
    out.insert(out.end(), begin, begin + int64_t(width));
  }
  return out;
}

bool filled(const MetricInput& in, MetricNeeds needs) {
  switch (needs) {
    case MetricNeeds::classes:
      return in.classes > 0 && in.predicted.size() == in.truth.size();
    case MetricNeeds::probabilities:
      return in.classes > 0 && in.probabilities.size() == in.truth.size() * size_t(in.classes);
    case MetricNeeds::values:
      return in.predicted_values.size() == in.true_values.size();
    case MetricNeeds::labels:
      return in.classes > 0 && in.predicted_labels.size() == in.true_labels.size();
    case MetricNeeds::label_scores:
      return in.classes > 0 && in.probabilities.size() == in.true_labels.size();
    case MetricNeeds::tags:
      return in.predicted_tags.size() == in.true_tags.size();
    case MetricNeeds::losses:
      return in.loss_sums.size() == in.token_counts.size();
    case MetricNeeds::texts:
      return in.predicted_texts.size() == in.true_texts.size();
  }
  return false;
}

size_t truth_size(const MetricInput& in, MetricNeeds needs) {
  switch (needs) {
    case MetricNeeds::classes:
    case MetricNeeds::probabilities:
      return in.truth.size();
    case MetricNeeds::values:
      return in.true_values.size();
    case MetricNeeds::labels:
    case MetricNeeds::label_scores:
      return in.true_labels.size();
    case MetricNeeds::tags:
      return in.true_tags.size();
    case MetricNeeds::losses:
      return in.loss_sums.size();
    case MetricNeeds::texts:
      return in.true_texts.size();
  }
  return 0;
}

}  // namespace

int64_t MetricInput::size() const {
  if (!truth.empty()) return int64_t(truth.size());
  if (!true_values.empty()) return int64_t(true_values.size());
  if (!true_tags.empty()) return int64_t(true_tags.size());
  if (!true_texts.empty()) return int64_t(true_texts.size());
  if (!loss_sums.empty()) return int64_t(loss_sums.size());
  return classes > 0 ? int64_t(true_labels.size()) / classes : 0;
}

MetricInput MetricInput::take(std::span<const int64_t> rows) const {
  const size_t width = size_t(classes);
  return {classes,
          take_rows(truth, rows, 1),
          take_rows(predicted, rows, 1),
          take_rows(probabilities, rows, width),
          take_rows(true_values, rows, 1),
          take_rows(predicted_values, rows, 1),
          take_rows(true_labels, rows, width),
          take_rows(predicted_labels, rows, width),
          take_rows(true_tags, rows, 1),
          take_rows(predicted_tags, rows, 1),
          take_rows(loss_sums, rows, 1),
          take_rows(token_counts, rows, 1),
          take_rows(true_texts, rows, 1),
          take_rows(predicted_texts, rows, 1)};
}

double Metric::operator()(const MetricInput& input) const {
  if (!filled(input, needs)) throw bug_error("metric {} was not given its {}", name, needs_text(needs));
  return truth_size(input, needs) == 0 ? 0 : compute(input);
}

const Metric& find_metric(const std::string& name, const std::string& place) {
  std::vector<std::string> names;
  for (const Metric& metric : metrics()) {
    if (metric.name == name) return metric;
    names.push_back(metric.name);
  }
  throw usage_error("metric '{}' is unknown{}", printable(name), did_you_mean(name, names))
      .at(place)
      .hint("known: " + join(names, ", "));
}

double compute_metric(const std::string& name, const MetricInput& input) { return find_metric(name)(input); }

Interval metric_interval(const Metric& metric, const MetricInput& input, BootstrapOptions options) {
  if (metric.needs == MetricNeeds::texts) {
    return text_interval(find_text_metric(metric.name), input.predicted_texts, input.true_texts, options);
  }
  return bootstrap(
      input.size(), [&](std::span<const int64_t> rows) { return metric(input.take(rows)); }, options);
}

std::string needs_text(MetricNeeds needs) {
  switch (needs) {
    case MetricNeeds::classes:
      return "classes";
    case MetricNeeds::probabilities:
      return "class probabilities";
    case MetricNeeds::values:
      return "real values";
    case MetricNeeds::labels:
      return "sets of labels";
    case MetricNeeds::label_scores:
      return "label scores";
    case MetricNeeds::tags:
      return "tag sequences";
    case MetricNeeds::losses:
      return "losses of tokens";
    case MetricNeeds::texts:
      return "texts";
  }
  return "";
}

}  // namespace espalier
