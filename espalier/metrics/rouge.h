// ROUGE-N, ROUGE-L and ROUGE-Lsum as rouge-score has them. Lin 2004.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "espalier/metrics/python_text.h"
#include "espalier/metrics/text_metric.h"

namespace espalier {

/// ROUGE-1, ROUGE-2, ROUGE-L, ROUGE-Lsum. lines: each line of a text is a sentence.
enum class RougeKind : uint8_t { words, pairs, subsequence, lines };

struct RougeScore {
  double precision = 0, recall = 0, f1 = 0;
};

/// Lower case, runs of a-z and 0-9; stems of words above three letters where `stem` is set.
Tokens rouge_tokens(std::string_view text, bool stem);
RougeScore rouge(RougeKind kind, std::string_view prediction, std::string_view reference, bool stem = false);
/// The score of the reference with the largest F1, the first of equals; a data Error without references.
RougeScore best_rouge(RougeKind kind, std::string_view prediction, std::span<const std::string> references, bool stem = false);

/// Mean F1 against the best reference.
TextFigure rouge_mean(RougeKind kind, bool stem, Predictions predictions, ReferenceSets references);
template <RougeKind kKind, bool kStem>
TextFigure rouge_figure(Predictions predictions, ReferenceSets references) {
  return rouge_mean(kKind, kStem, predictions, references);
}

}  // namespace espalier
