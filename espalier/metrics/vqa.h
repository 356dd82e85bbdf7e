// Accuracy of answers to questions about pictures, as the official script of VQA has it. Antol et al. 2015; Goyal et al. 2017.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "espalier/metrics/text_metric.h"

namespace espalier {

/// Punctuation removed or made a blank, lower case, number words to ten as digits, no articles, apostrophes of contractions.
std::string vqa_normalize(std::string_view answer);

/// `answers`: one of each person, ten in the data sets. The mean over the people of min(1, n / 3), where n of the others gave the
/// predicted answer. Where all people say the same, texts are compared as they stand, else in their normal form, as the script
/// does. 0 for a single answer; a data Error without answers.
double vqa_accuracy(std::string_view prediction, std::span<const std::string> answers);

TextFigure vqa_figure(Predictions predictions, ReferenceSets references);

}  // namespace espalier
