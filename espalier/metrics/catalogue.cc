// The list of metrics: name, what it is and where it is degenerate, what it needs, how it is computed.
#include "espalier/metrics/classify.h"
#include "espalier/metrics/correlate.h"
#include "espalier/metrics/metric.h"
#include "espalier/metrics/multilabel.h"
#include "espalier/metrics/perplexity.h"
#include "espalier/metrics/probability.h"
#include "espalier/metrics/text_metric.h"

namespace espalier {
namespace {

using In = const MetricInput&;

Confusion confusion(In in) { return {in.truth, in.predicted, in.classes}; }
ClassReport classes(In in) { return ClassReport(confusion(in)); }
LabelsReport labels(In in) { return labels_report(in.true_labels, in.predicted_labels, in.classes); }
EntityReport entities(In in, TagScheme scheme) { return entity_report(in.true_tags, in.predicted_tags, scheme); }

std::vector<Metric> make_metrics() {
  constexpr MetricNeeds of_classes = MetricNeeds::classes, probabilities = MetricNeeds::probabilities,
                        values = MetricNeeds::values;
  constexpr MetricNeeds of_labels = MetricNeeds::labels, label_scores = MetricNeeds::label_scores, tags = MetricNeeds::tags,
                        losses = MetricNeeds::losses;
  constexpr bool kLess = false, kMore = true;
  return {
      {"accuracy", "share of right answers", of_classes, kMore, [](In in) { return accuracy(in.truth, in.predicted); }},
      {"f1", "F1 of class 1 of two; 0 when it is neither true nor predicted", of_classes, kMore,
       [](In in) { return binary_f1(confusion(in)); }},
      {"macro_f1", "mean F1 over the classes that occur in truth or prediction", of_classes, kMore,
       [](In in) { return classes(in).macro_f1; }},
      {"micro_f1", "F1 over all decisions; equals accuracy, as each example has one class", of_classes, kMore,
       [](In in) { return accuracy(in.truth, in.predicted); }},
      {"weighted_f1", "mean F1 over classes, weighted by how often each is true", of_classes, kMore,
       [](In in) { return classes(in).weighted_f1; }},
      {"balanced_accuracy", "mean recall over the classes that are true somewhere", of_classes, kMore,
       [](In in) { return balanced_accuracy(confusion(in)); }},
      {"matthews", "Matthews correlation; 0 when truth or prediction is constant", of_classes, kMore,
       [](In in) { return matthews(confusion(in)); }},

      {"auroc", "area under the ROC curve; several classes: mean of one against the rest; 0.5 with one class only", probabilities,
       kMore, [](In in) { return auroc(in.truth, in.probabilities, in.classes); }},
      {"log_loss", "mean of -log p(true class), p clipped to [2.2e-16, 1 - 2.2e-16]", probabilities, kLess,
       [](In in) { return log_loss(in.truth, in.probabilities, in.classes); }},
      {"calibration_error", "expected calibration error over 15 bins of confidence", probabilities, kLess,
       [](In in) { return calibration_error(in.truth, in.probabilities, in.classes); }},
      {"adaptive_calibration_error", "expected calibration error over 15 bins of equally many examples", probabilities, kLess,
       [](In in) { return adaptive_calibration_error(in.truth, in.probabilities, in.classes); }},

      {"pearson", "linear correlation; 0 for constant input or one row", values, kMore,
       [](In in) { return pearson(in.true_values, in.predicted_values); }},
      {"spearman", "rank correlation, ties sharing their mean rank; 0 for constant input or one row", values, kMore,
       [](In in) { return spearman(in.true_values, in.predicted_values); }},
      {"pearson_spearman", "mean of the two correlations", values, kMore,
       [](In in) { return (pearson(in.true_values, in.predicted_values) + spearman(in.true_values, in.predicted_values)) / 2; }},
      {"mse", "mean squared error", values, kLess, [](In in) { return mean_squared_error(in.true_values, in.predicted_values); }},
      {"mae", "mean absolute error", values, kLess,
       [](In in) { return mean_absolute_error(in.true_values, in.predicted_values); }},
      {"r2", "share of variance explained; for constant truth 1 if exact, else 0; 0 for one row", values, kMore,
       [](In in) { return r2(in.true_values, in.predicted_values); }},

      {"labels_micro_f1", "several labels: F1 over all cells; 0 when no label is true or predicted", of_labels, kMore,
       [](In in) { return labels(in).micro_f1; }},
      {"labels_macro_f1", "several labels: mean F1 over labels; 0 for one never true nor predicted", of_labels, kMore,
       [](In in) { return labels(in).macro_f1; }},
      {"labels_weighted_f1", "several labels: mean F1 over labels, weighted by how often each is true", of_labels, kMore,
       [](In in) { return labels(in).weighted_f1; }},
      {"labels_samples_f1", "several labels: mean F1 over examples; 0 for one without labels", of_labels, kMore,
       [](In in) { return labels(in).samples_f1; }},
      {"subset_accuracy", "several labels: share of examples with every label right", of_labels, kMore,
       [](In in) { return labels(in).subset_accuracy; }},
      {"hamming_loss", "several labels: share of wrong cells", of_labels, kLess, [](In in) { return labels(in).hamming_loss; }},
      {"labels_auroc", "several labels: mean area under the ROC curve over labels with both answers; 0.5 when there is none",
       label_scores, kMore, [](In in) { return labels_auroc(in.true_labels, in.probabilities, in.classes); }},

      {"entity_f1", "F1 over entities, right in type, start and end (seqeval, strict IOB2); 0 without entities", tags, kMore,
       [](In in) { return entities(in, TagScheme::strict_iob2).f1; }},
      {"entity_precision", "share of predicted entities that are right (strict IOB2)", tags, kMore,
       [](In in) { return entities(in, TagScheme::strict_iob2).precision; }},
      {"entity_recall", "share of true entities that are found (strict IOB2)", tags, kMore,
       [](In in) { return entities(in, TagScheme::strict_iob2).recall; }},
      {"entity_macro_f1", "mean entity F1 over types (strict IOB2)", tags, kMore,
       [](In in) { return entities(in, TagScheme::strict_iob2).macro_f1; }},
      {"entity_f1_iobes", "F1 over entities written with B, I, E, S (seqeval, strict IOBES)", tags, kMore,
       [](In in) { return entities(in, TagScheme::strict_iobes).f1; }},
      {"entity_f1_lenient", "F1 over entities as conlleval reads them: a stray I- opens one", tags, kMore,
       [](In in) { return entities(in, TagScheme::lenient).f1; }},

      {"perplexity", "exp of the mean loss of a token, over all examples; 1 without tokens", losses, kLess,
       [](In in) { return perplexity(in.loss_sums, in.token_counts); }},
  };
}

// Text metrics have a list of their own; here they stand beside the others, so that one name finds any of them.
std::vector<Metric> with_texts(std::vector<Metric> list) {
  for (const TextMetric& metric : text_metrics()) {
    list.push_back({metric.name, metric.help, MetricNeeds::texts, true,
                    [&metric](In in) { return metric(in.predicted_texts, in.true_texts); }});
  }
  return list;
}

}  // namespace

const std::vector<Metric>& metrics() {
  static const std::vector<Metric> list = with_texts(make_metrics());
  return list;
}

}  // namespace espalier
