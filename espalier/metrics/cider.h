// CIDEr and CIDEr-D: cosine of TF-IDF vectors of 1- to 4-grams, times 10. Vedantam, Zitnick and Parikh 2015. Document frequencies
// are counted in the references that are given, one document an example.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "espalier/metrics/python_text.h"
#include "espalier/metrics/text_metric.h"

namespace espalier {

/// plain: the authors' code before CIDEr-D, on words as they are (the paper stems them). d: n-grams of the prediction are clipped
/// to those of the reference, and differing lengths cost exp(-Δ² / (2 · 6²)): what pycocoevalcap calls CIDEr.
enum class CiderKind : uint8_t { plain, d };

/// One score an example, 0 to 10. Both sides are tokens already. As the authors' code, length is the number of word pairs. With
/// one example only, every n-gram is in every document and all scores are 0. A data Error for an example without references.
std::vector<double> cider_scores(CiderKind kind, std::span<const Tokens> predictions,
                                 std::span<const std::vector<Tokens>> references);

/// The mean of cider_scores over tokens of ptb_tokens.
TextFigure cider_mean(CiderKind kind, Predictions predictions, ReferenceSets references);
template <CiderKind kKind>
TextFigure cider_figure(Predictions predictions, ReferenceSets references) {
  return cider_mean(kKind, predictions, references);
}

}  // namespace espalier
