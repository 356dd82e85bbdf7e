// The catalogue of metrics by name, for recipes, tasks and `espalier list metrics`. No metric is ever NaN: each states in its
// help what it is where its definition has none, and an empty input gives 0.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "espalier/metrics/entities.h"
#include "espalier/metrics/interval.h"
#include "espalier/metrics/text_metric.h"

namespace espalier {

/// What a metric is computed from; only the fields that its `needs` names have to be filled.
struct MetricInput {
  int64_t classes = 0;                                 // of truth / predicted / probabilities / labels
  std::vector<int64_t> truth, predicted;               // classes [N]
  std::vector<double> probabilities;                   // [N, classes]
  std::vector<double> true_values, predicted_values;   // regression [N]
  std::vector<uint8_t> true_labels, predicted_labels;  // multi-hot [N, classes]
  std::vector<Tags> true_tags, predicted_tags;         // one sequence an example
  std::vector<double> loss_sums, token_counts;         // language modelling [N]: sum of -log p, and of how many tokens
  std::vector<References> true_texts;                  // the right texts of each example
  std::vector<std::string> predicted_texts;

  int64_t size() const;                                   ///< examples
  MetricInput take(std::span<const int64_t> rows) const;  ///< those rows, in that order, repeats allowed
};

/// classes: truth, predicted. probabilities: truth, probabilities. values, labels, tags: the pair of that name.
/// label_scores: true_labels and probabilities [N, classes] of each label on its own. losses: loss_sums, token_counts.
enum class MetricNeeds : uint8_t { classes, probabilities, values, labels, label_scores, tags, losses, texts };

struct Metric {
  std::string name, help;
  MetricNeeds needs = MetricNeeds::classes;
  bool larger_is_better = true;
  std::function<double(const MetricInput&)> compute;
  double operator()(const MetricInput& input) const;  ///< 0 for no examples; a bug Error when what it needs is missing
};

/// accuracy f1 macro_f1 micro_f1 weighted_f1 balanced_accuracy matthews |
/// auroc log_loss calibration_error adaptive_calibration_error | pearson spearman pearson_spearman mse mae r2 |
/// labels_{micro,macro,weighted,samples}_f1 subset_accuracy hamming_loss | labels_auroc | entity_f1 entity_precision
/// entity_recall entity_macro_f1 entity_f1_iobes entity_f1_lenient | perplexity | those of text_metrics()
const std::vector<Metric>& metrics();
/// Throws a usage Error with the nearest known name.
const Metric& find_metric(const std::string& name, const std::string& place = "");
double compute_metric(const std::string& name, const MetricInput& input);
/// Percentile bootstrap over the examples.
Interval metric_interval(const Metric& metric, const MetricInput& input, BootstrapOptions options = {});
/// "classes", "label scores": for lists and messages.
std::string needs_text(MetricNeeds needs);

}  // namespace espalier
