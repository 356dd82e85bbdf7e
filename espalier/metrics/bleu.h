// BLEU as sacrebleu has it: 13a tokens, corpus and sentence, smoothing. Papineni et al. 2002; Post 2018; Chen and Cherry 2014.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "espalier/metrics/python_text.h"
#include "espalier/metrics/text_metric.h"

namespace espalier {

/// none; floor: an order without matches has `smooth_value` of them (0.1); add_k: matches and totals of orders above 1 get
/// `smooth_value` more (1); exp: the k-th order without matches has 1 / 2^k of one.
enum class Smoothing : uint8_t { none, floor, add_k, exp };

struct BleuOptions {
  bool lower = false, tokenize = true;  ///< tokenize: 13a, else white space
  Smoothing smoothing = Smoothing::exp;
  std::optional<double> smooth_value;
  bool effective_order = false;  ///< leave out orders that are longer than the prediction
  size_t max_order = 4;
};

struct BleuCounts {
  int64_t length = 0, reference_length = 0;  ///< reference_length: of the closest reference, the shorter of two
  std::vector<int64_t> matches, totals;      ///< [max_order]
  BleuCounts& operator+=(const BleuCounts& other);
};
struct BleuScore {
  double score = 0, brevity = 1;   ///< score 0 to 100
  std::vector<double> precisions;  ///< 0 to 100
};

Tokens tokenize_13a(std::string_view text);  ///< mteval-v13a's tokens
BleuCounts bleu_counts(std::string_view prediction, std::span<const std::string> references, const BleuOptions& options = {});
BleuScore bleu_score(const BleuCounts& counts, const BleuOptions& options = {});
BleuScore corpus_bleu(Predictions predictions, ReferenceSets references, const BleuOptions& options = {});
/// With effective order, as sacrebleu.sentence_bleu.
BleuScore sentence_bleu(std::string_view prediction, std::span<const std::string> references, BleuOptions options = {});

TextFigure bleu(Predictions predictions, ReferenceSets references);
TextFigure bleu_lower(Predictions predictions, ReferenceSets references);
TextFigure mean_sentence_bleu(Predictions predictions, ReferenceSets references);

}  // namespace espalier
