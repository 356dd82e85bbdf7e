#include "espalier/train/metric_fit.h"

#include <algorithm>
#include <vector>

#include "espalier/base/error.h"
#include "espalier/base/text.h"

namespace espalier {
namespace {

// As add_row (evaluate.cc) fills them.
std::vector<MetricNeeds> given_by(TaskKind kind) {
  switch (kind) {
    case TaskKind::classify:
      return {MetricNeeds::classes, MetricNeeds::probabilities};
    case TaskKind::multi_label:
      return {MetricNeeds::labels, MetricNeeds::label_scores};
    case TaskKind::regress:
    case TaskKind::similarity:
      return {MetricNeeds::values};
    case TaskKind::tokens:
      return {MetricNeeds::tags, MetricNeeds::classes};
    case TaskKind::masked_lm:
    case TaskKind::seq2seq:
      return {MetricNeeds::classes};
    default:
      return {MetricNeeds::losses};  // of a text that is predicted piece by piece
  }
}

}  // namespace

bool metric_fits(const Metric& metric, TaskKind kind) {
  const std::vector<MetricNeeds> given = given_by(kind);
  return std::find(given.begin(), given.end(), metric.needs) != given.end();
}

void require_fitting_metric(const std::string& name, TaskKind kind, const std::string& place) {
  const Metric& metric = find_metric(name, place);
  if (metric_fits(metric, kind)) return;
  std::vector<std::string> fitting;
  for (const Metric& other : metrics()) {
    if (metric_fits(other, kind)) fitting.push_back(other.name);
  }
  throw usage_error("metric {} needs {}, which a task of kind {} does not give", name, needs_text(metric.needs), kind_name(kind))
      .at(place)
      .hint("choose from " + join(fitting, ", "));
}

}  // namespace espalier
