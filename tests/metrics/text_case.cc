// Figures of one oracle case of the text metrics. Texts that must be equal give the figure "same": 1, or 0.
#include <algorithm>
#include <sstream>

#include "espalier/base/text.h"
#include "espalier/metrics/bleu.h"
#include "espalier/metrics/cider.h"
#include "espalier/metrics/metric.h"
#include "espalier/metrics/perplexity.h"
#include "espalier/metrics/porter.h"
#include "espalier/metrics/ptb_tokens.h"
#include "espalier/metrics/rouge.h"
#include "espalier/metrics/squad.h"
#include "espalier/metrics/vqa.h"
#include "tests/support/metric_case.h"

namespace espalier::support {
namespace {

using Json = nlohmann::json;
using Texts = std::vector<std::string>;

std::vector<double> same(bool equal) { return {equal ? 1.0 : 0.0}; }

void bleu_figures(const Json& given, Figures& out) {
  const auto predictions = given.at("predictions").get<Texts>();
  const auto references = given.at("references").get<std::vector<References>>();
  const std::string smooth = given.at("smooth");
  BleuOptions options;
  options.lower = given.at("lower");
  options.tokenize = given.at("tokenize");
  options.smoothing = smooth == "exp"     ? Smoothing::exp
                      : smooth == "floor" ? Smoothing::floor
                      : smooth == "add-k" ? Smoothing::add_k
                                          : Smoothing::none;
  if (!given.at("value").is_null()) options.smooth_value = given.at("value").get<double>();
  options.effective_order = given.at("effective");
  options.max_order = given.at("order");
  const BleuScore score = corpus_bleu(predictions, references, options);
  out["score"] = {score.score};
  out["precisions"] = score.precisions;
  out["brevity"] = {score.brevity};
  out["sentence_bleu"] = {find_text_metric("sentence_bleu")(predictions, references)};
}

void rouge_figures(const Json& given, Figures& out) {
  const std::string prediction = given.at("prediction");
  const auto references = given.at("references").get<Texts>();
  for (const auto& [name, kind] : {std::pair{"rouge1", RougeKind::words}, std::pair{"rouge2", RougeKind::pairs},
                                   std::pair{"rougeL", RougeKind::subsequence}, std::pair{"rougeLsum", RougeKind::lines}}) {
    const RougeScore score = best_rouge(kind, prediction, references, given.at("stem"));
    out[name] = {score.precision, score.recall, score.f1};
  }
}

void squad_figures(const Json& given, Figures& out) {
  const Texts predictions{given.at("prediction").get<std::string>()};
  const std::vector<References> answers{given.at("answers").get<References>()};
  for (const std::string name : {"squad_exact", "squad_f1", "squad_v2_exact", "squad_v2_f1"}) {
    if (given.at("want").contains(name)) out[name] = {find_text_metric(name)(predictions, answers)};
  }
  out["same"] = same(squad_normalize(predictions[0]) == given.at("normal"));
}

void squad_report_figures(const Json& given, Figures& out) {
  const SquadReport report =
      squad_v2_report(given.at("predictions").get<Texts>(), given.at("references").get<std::vector<References>>(),
                      given.at("no_answer").get<std::vector<double>>(), given.at("threshold"));
  for (const auto& [prefix, part] :
       {std::pair{"", report.all}, {"HasAns_", report.answerable}, {"NoAns_", report.unanswerable}}) {
    out[std::string(prefix) + "exact"] = {part.exact};
    out[std::string(prefix) + "f1"] = {part.f1};
    out[std::string(prefix) + "total"] = {double(part.total)};
  }
  out["best_exact"] = {report.best_exact};
  out["best_exact_thresh"] = {report.best_exact_threshold};
  out["best_f1"] = {report.best_f1};
  out["best_f1_thresh"] = {report.best_f1_threshold};
}

void cider_figures(const Json& given, Figures& out) {
  std::vector<Tokens> predictions;
  std::vector<std::vector<Tokens>> references;
  for (const std::string& line : given.at("predictions").get<Texts>()) predictions.push_back(python_split(line));
  for (const Texts& set : given.at("references").get<std::vector<Texts>>()) {
    auto& tokens = references.emplace_back();
    for (const std::string& line : set) tokens.push_back(python_split(line));
  }
  out["cider"] = cider_scores(CiderKind::plain, predictions, references);
  out["cider_d"] = cider_scores(CiderKind::d, predictions, references);
}

std::string stems_of(const std::string& words) {
  Texts stems;
  for (const std::string& word : split(words, ' ')) stems.push_back(porter_stem(word));
  return join(stems, " ");
}

}  // namespace

void text_figures(const Json& given, Figures& out) {
  const std::string kind = given.at("kind");
  if (kind == "bleu") bleu_figures(given, out);
  if (kind == "rouge") rouge_figures(given, out);
  if (kind == "squad") squad_figures(given, out);
  if (kind == "squad_report") squad_report_figures(given, out);
  if (kind == "cider") cider_figures(given, out);
  if (kind == "stems") out["same"] = same(stems_of(given.at("words")) == given.at("stems"));
  if (kind == "vqa") {
    const std::string prediction = given.at("prediction");
    out["vqa"] = {vqa_accuracy(prediction, given.at("answers").get<Texts>())};
    out["same"] = same(vqa_normalize(prediction) == given.at("normal"));
  }
  if (kind == "ptb") out["same"] = same(join(ptb_tokens(given.at("line").get<std::string>()), " ") == given.at("tokens"));
  if (kind == "python") {
    const std::string text = given.at("text");
    out["same"] = same(python_lower(text) == given.at("lower") && python_split(text) == given.at("split").get<Texts>() &&
                       python_strip(text) == given.at("strip").get<std::string>());
  }
  if (kind == "losses") {
    out["perplexity"] = {perplexity(given.at("sums").get<std::vector<double>>(), given.at("counts").get<std::vector<double>>())};
  }
}

}  // namespace espalier::support
