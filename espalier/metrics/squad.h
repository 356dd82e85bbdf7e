// Exact match and F1 of extracted answers, as the official scripts of SQuAD 1.1 and 2.0 have them; shares from 0 to 1, where the
// scripts print percent. Rajpurkar et al. 2016; Rajpurkar, Jia and Liang 2018.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "espalier/metrics/text_metric.h"

namespace espalier {

/// Lower case, without ASCII punctuation, without the words a, an, the, and with single blanks.
std::string squad_normalize(std::string_view answer);

struct AnswerScore {
  double exact = 0, f1 = 0;  ///< the best over the answers, each on its own
};
/// SQuAD 1.1. F1 of two empty normal forms is 0, though they match exactly. A data Error without answers.
AnswerScore squad_score(std::string_view prediction, std::span<const std::string> answers);
/// SQuAD 2.0. Answers whose normal form is empty do not count; with none left the question has no answer, and only an empty
/// prediction is right.
AnswerScore squad_v2_score(std::string_view prediction, std::span<const std::string> answers);

struct SquadPart {
  double exact = 0, f1 = 0;
  int64_t total = 0;
};
struct SquadReport {
  SquadPart all, answerable, unanswerable;
  double best_exact = 0, best_exact_threshold = 0, best_f1 = 0, best_f1_threshold = 0;  ///< over thresholds of no_answer
};
/// SQuAD 2.0. `no_answer` [N] holds each question's probability of having no answer, or is empty; above `threshold` a question
/// counts as predicted to have none. References without answers are unanswerable questions.
SquadReport squad_v2_report(std::span<const std::string> predictions, std::span<const References> references,
                            std::span<const double> no_answer = {}, double threshold = 1);

TextFigure squad_exact(Predictions predictions, ReferenceSets references);
TextFigure squad_f1(Predictions predictions, ReferenceSets references);
TextFigure squad_v2_exact(Predictions predictions, ReferenceSets references);
TextFigure squad_v2_f1(Predictions predictions, ReferenceSets references);

}  // namespace espalier
