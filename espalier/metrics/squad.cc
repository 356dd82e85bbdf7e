#include "espalier/metrics/squad.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/metrics/check.h"
#include "espalier/metrics/ngrams.h"

namespace espalier {
namespace {

bool punctuation(char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

// \b(a|an|the)\b becomes a blank. Runs of \w are what \b bounds, so each run is compared whole.
std::string without_articles(std::string_view text) {
  const std::vector<char32_t> points = text_points(text);
  std::vector<char32_t> out;
  for (size_t begin = 0; begin < points.size();) {
    size_t end = begin;
    while (end < points.size() && python_word(points[end])) ++end;
    if (end == begin) {
      out.push_back(points[begin++]);
      continue;
    }
    const std::u32string_view run(points.data() + begin, end - begin);
    if (run == U"a" || run == U"an" || run == U"the") {
      out.push_back(' ');
    } else {
      out.insert(out.end(), run.begin(), run.end());
    }
    begin = end;
  }
  return points_text(out);
}

double token_f1(const Tokens& predicted, const Tokens& truth) {
  const NgramCounts wanted = count_ngrams(truth, 1);
  int64_t common = 0;
  for (const auto& [token, count] : count_ngrams(predicted, 1)) {
    const auto found = wanted.find(token);
    if (found != wanted.end()) common += std::min(count, found->second);
  }
  if (common == 0) return 0;
  const double precision = double(common) / double(predicted.size()), recall = double(common) / double(truth.size());
  return 2 * precision * recall / (precision + recall);
}

double best_threshold(std::span<const double> no_answer, std::span<const double> scores, Predictions predictions,
                      ReferenceSets references, double& threshold) {
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return no_answer[a] < no_answer[b]; });
  double score = 0;
  for (const References& answers : references) score += answers.empty() ? 1 : 0;
  double best = score;
  threshold = 0;
  for (const size_t i : order) {
    if (!references[i].empty()) {
      score += scores[i];
    } else if (!predictions[i].empty()) {
      score -= 1;
    }
    if (score > best) best = score, threshold = no_answer[i];
  }
  return ratio(best, double(scores.size()));
}

template <AnswerScore (*kScore)(std::string_view, std::span<const std::string>), double AnswerScore::*kField>
TextFigure mean_score(Predictions predictions, ReferenceSets references, AnswersNeeded needed) {
  require_texts(predictions, references, needed);
  std::vector<double> scores;
  for (size_t i = 0; i < predictions.size(); ++i) scores.push_back(kScore(predictions[i], references[i]).*kField);
  return mean_figure(std::move(scores));
}

}  // namespace

std::string squad_normalize(std::string_view answer) {
  std::string text = python_lower(answer);
  std::erase_if(text, punctuation);
  return join(python_split(without_articles(text)), " ");
}

AnswerScore squad_score(std::string_view prediction, std::span<const std::string> answers) {
  if (answers.empty())
    throw data_error("a question without answers").hint("SQuAD 2.0 has such questions: squad_v2_exact, squad_v2_f1");
  const std::string predicted = squad_normalize(prediction);
  const Tokens predicted_tokens = python_split(predicted);
  AnswerScore best;
  for (const std::string& answer : answers) {
    const std::string truth = squad_normalize(answer);
    if (truth == predicted) best.exact = 1;
    best.f1 = std::max(best.f1, token_f1(predicted_tokens, python_split(truth)));
  }
  return best;
}

AnswerScore squad_v2_score(std::string_view prediction, std::span<const std::string> answers) {
  const std::string predicted = squad_normalize(prediction);
  const Tokens predicted_tokens = python_split(predicted);
  AnswerScore best;
  bool answerable = false;
  for (const std::string& answer : answers) {
    const std::string truth = squad_normalize(answer);
    if (truth.empty()) continue;
    answerable = true;
    if (truth == predicted) best.exact = 1;
    best.f1 = std::max(best.f1, token_f1(predicted_tokens, python_split(truth)));
  }
  if (!answerable) best.exact = best.f1 = predicted.empty() ? 1 : 0;
  return best;
}

SquadReport squad_v2_report(Predictions predictions, ReferenceSets references, std::span<const double> no_answer,
                            double threshold) {
  require_texts(predictions, references, AnswersNeeded::none);
  if (!no_answer.empty()) require_same_size(predictions.size(), no_answer.size(), "probabilities of no answer");
  require_finite(no_answer, "probability of no answer");
  SquadReport report;
  std::vector<double> exact, f1;
  for (size_t i = 0; i < predictions.size(); ++i) {
    AnswerScore score = squad_v2_score(predictions[i], references[i]);
    exact.push_back(score.exact), f1.push_back(score.f1);
    if (!no_answer.empty() && no_answer[i] > threshold) score.exact = score.f1 = references[i].empty() ? 1 : 0;
    for (SquadPart* part : {&report.all, references[i].empty() ? &report.unanswerable : &report.answerable}) {
      part->exact += score.exact, part->f1 += score.f1, part->total += 1;
    }
  }
  for (SquadPart* part : {&report.all, &report.answerable, &report.unanswerable}) {
    part->exact = ratio(part->exact, double(part->total)), part->f1 = ratio(part->f1, double(part->total));
  }
  if (no_answer.empty()) return report;
  report.best_exact = best_threshold(no_answer, exact, predictions, references, report.best_exact_threshold);
  report.best_f1 = best_threshold(no_answer, f1, predictions, references, report.best_f1_threshold);
  return report;
}

TextFigure squad_exact(Predictions predictions, ReferenceSets references) {
  return mean_score<squad_score, &AnswerScore::exact>(predictions, references, AnswersNeeded::some);
}
TextFigure squad_f1(Predictions predictions, ReferenceSets references) {
  return mean_score<squad_score, &AnswerScore::f1>(predictions, references, AnswersNeeded::some);
}
TextFigure squad_v2_exact(Predictions predictions, ReferenceSets references) {
  return mean_score<squad_v2_score, &AnswerScore::exact>(predictions, references, AnswersNeeded::none);
}
TextFigure squad_v2_f1(Predictions predictions, ReferenceSets references) {
  return mean_score<squad_v2_score, &AnswerScore::f1>(predictions, references, AnswersNeeded::none);
}

}  // namespace espalier
