// Metrics of texts that a model wrote: predictions beside lists of references. The reading of the texts (tokens, counts) is done
// once; the figure of any draw of rows then costs little, which is what intervals need.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "espalier/metrics/interval.h"

namespace espalier {

using References = std::vector<std::string>;  ///< the right texts of one example
using Predictions = std::span<const std::string>;
using ReferenceSets = std::span<const References>;

/// The figure of some rows of the texts that it was made from, repeats allowed; 0 for no rows. Holds no reference to the texts.
using TextFigure = std::function<double(std::span<const int64_t> rows)>;

struct TextMetric {
  std::string name, help;
  TextFigure (*read)(Predictions predictions, ReferenceSets references) = nullptr;  ///< errors as require_texts has them
  double operator()(Predictions predictions, ReferenceSets references) const;
};

/// squad_exact squad_f1 squad_v2_exact squad_v2_f1 | bleu bleu_lower sentence_bleu | rouge1 rouge2 rouge_l rouge_lsum, each also
/// with _stem | cider cider_d | vqa_accuracy. All are better when larger, and stand in metrics() (metric.h) too.
const std::vector<TextMetric>& text_metrics();
/// Throws a usage Error with the nearest known name.
const TextMetric& find_text_metric(const std::string& name, const std::string& place = "");
/// Percentile bootstrap over the examples; cider's document frequencies stay those of all examples.
Interval text_interval(const TextMetric& metric, Predictions predictions, ReferenceSets references,
                       BootstrapOptions options = {});

enum class AnswersNeeded : uint8_t { none, some };
/// A data Error unless there are as many predictions as reference sets, each text is valid UTF-8 and, where they are needed, no
/// set is empty; names the first example, counted from 0. Empty texts are texts.
void require_texts(Predictions predictions, ReferenceSets references, AnswersNeeded needed = AnswersNeeded::some);
/// The mean of `scores`, one for each example.
TextFigure mean_figure(std::vector<double> scores);

}  // namespace espalier
