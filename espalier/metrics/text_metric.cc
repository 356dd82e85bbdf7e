// The list of text metrics, and what they share.
#include "espalier/metrics/text_metric.h"

#include <memory>
#include <utility>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/metrics/bleu.h"
#include "espalier/metrics/check.h"
#include "espalier/metrics/cider.h"
#include "espalier/metrics/rouge.h"
#include "espalier/metrics/squad.h"
#include "espalier/metrics/vqa.h"

namespace espalier {
namespace {

void require_text(const std::string& text, const char* what, size_t example) {
  if (valid_utf8(text)) return;
  throw data_error("{} of example {} is not UTF-8", what, example).hint("repair_utf8 replaces what is broken by U+FFFD");
}

std::vector<TextMetric> make_text_metrics() {
  return {
      {"squad_exact", "share of answers that equal one of the right ones (SQuAD 1.1)", squad_exact},
      {"squad_f1", "mean F1 of the words of answers, best of the right ones (SQuAD 1.1)", squad_f1},
      {"squad_v2_exact", "as squad_exact; no right answer asks for an empty one (SQuAD 2.0)", squad_v2_exact},
      {"squad_v2_f1", "as squad_f1; no right answer asks for an empty one (SQuAD 2.0)", squad_v2_f1},
      {"bleu", "corpus BLEU, 0 to 100 (sacrebleu, 13a, exp smoothing)", bleu},
      {"bleu_lower", "corpus BLEU of lower-cased texts, 0 to 100", bleu_lower},
      {"sentence_bleu", "mean of sentence BLEU, 0 to 100 (sacrebleu, effective order)", mean_sentence_bleu},
      {"rouge1", "mean F1 of words, best reference (rouge-score)", rouge_figure<RougeKind::words, false>},
      {"rouge2", "mean F1 of pairs of words, best reference", rouge_figure<RougeKind::pairs, false>},
      {"rouge_l", "mean F1 of the longest common subsequence, best reference", rouge_figure<RougeKind::subsequence, false>},
      {"rouge_lsum", "as rouge_l, line by line: union over the prediction's lines", rouge_figure<RougeKind::lines, false>},
      {"rouge1_stem", "rouge1 of Porter stems", rouge_figure<RougeKind::words, true>},
      {"rouge2_stem", "rouge2 of Porter stems", rouge_figure<RougeKind::pairs, true>},
      {"rouge_l_stem", "rouge_l of Porter stems", rouge_figure<RougeKind::subsequence, true>},
      {"rouge_lsum_stem", "rouge_lsum of Porter stems", rouge_figure<RougeKind::lines, true>},
      {"cider", "CIDEr, 0 to 10: cosine of TF-IDF of 1- to 4-grams; 0 for one example", cider_figure<CiderKind::plain>},
      {"cider_d", "CIDEr-D, 0 to 10: clipped, with a penalty on lengths (pycocoevalcap)", cider_figure<CiderKind::d>},
      {"vqa_accuracy", "mean over people of min(1, agreeing others / 3) (VQA)", vqa_figure},
  };
}

}  // namespace

double TextMetric::operator()(Predictions predictions, ReferenceSets references) const {
  std::vector<int64_t> rows(predictions.size());
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = int64_t(i);
  return read(predictions, references)(rows);
}

const std::vector<TextMetric>& text_metrics() {
  static const std::vector<TextMetric> list = make_text_metrics();
  return list;
}

const TextMetric& find_text_metric(const std::string& name, const std::string& place) {
  std::vector<std::string> names;
  for (const TextMetric& metric : text_metrics()) {
    if (metric.name == name) return metric;
    names.push_back(metric.name);
  }
  throw usage_error("text metric '{}' is unknown{}", printable(name), did_you_mean(name, names))
      .at(place)
      .hint("known: " + join(names, ", "));
}

Interval text_interval(const TextMetric& metric, Predictions predictions, ReferenceSets references, BootstrapOptions options) {
  return bootstrap(int64_t(predictions.size()), metric.read(predictions, references), options);
}

void require_texts(Predictions predictions, ReferenceSets references, AnswersNeeded needed) {
  if (predictions.size() != references.size()) {
    throw data_error("{} predictions but {} sets of references; expected as many", predictions.size(), references.size());
  }
  for (size_t i = 0; i < predictions.size(); ++i) {
    if (references[i].empty() && needed == AnswersNeeded::some) {
      throw data_error("example {} has no reference; expected at least one", i).hint("an empty text is a reference: [\"\"]");
    }
    require_text(predictions[i], "the prediction", i);
    for (const std::string& reference : references[i]) require_text(reference, "a reference", i);
  }
}

TextFigure mean_figure(std::vector<double> scores) {
  return [scores = std::move(scores)](std::span<const int64_t> rows) {
    double sum = 0;
    for (const int64_t row : rows) sum += scores[size_t(row)];
    return ratio(sum, double(rows.size()));
  };
}

}  // namespace espalier
