#include "espalier/metrics/cider.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "espalier/base/error.h"
#include "espalier/metrics/check.h"
#include "espalier/metrics/ngrams.h"
#include "espalier/metrics/ptb_tokens.h"

namespace espalier {
namespace {

constexpr size_t kOrders = 4;
constexpr double kSigma = 6;

using Weights = std::unordered_map<std::string, double>;

struct Vector {
  std::array<Weights, kOrders> weights;
  std::array<double, kOrders> norm{};
  double pairs = 0;
};

/// log(documents / documents with the n-gram), by order.
class Rarity {
 public:
  explicit Rarity(std::span<const std::vector<Tokens>> references) : log_documents_(std::log(double(references.size()))) {
    for (const std::vector<Tokens>& set : references) {
      std::array<std::unordered_set<std::string>, kOrders> seen;
      for (const Tokens& tokens : set) {
        for (size_t n = 0; n < kOrders; ++n) {
          for (const auto& [ngram, count] : count_ngrams(tokens, n + 1)) seen[n].insert(ngram);
        }
      }
      for (size_t n = 0; n < kOrders; ++n) {
        for (const std::string& ngram : seen[n]) documents_[n][ngram] += 1;
      }
    }
  }

  Vector vector(const Tokens& tokens) const {
    Vector out;
    for (size_t n = 0; n < kOrders; ++n) {
      double squares = 0;
      for (const auto& [ngram, count] : count_ngrams(tokens, n + 1)) {
        const auto found = documents_[n].find(ngram);
        const double weight = double(count) * (log_documents_ - (found == documents_[n].end() ? 0 : std::log(found->second)));
        out.weights[n][ngram] = weight;
        squares += weight * weight;
      }
      out.norm[n] = std::sqrt(squares);
    }
    out.pairs = tokens.empty() ? 0 : double(tokens.size() - 1);
    return out;
  }

 private:
  double log_documents_;
  std::array<Weights, kOrders> documents_;
};

double similarity(CiderKind kind, const Vector& predicted, const Vector& truth) {
  const double apart = predicted.pairs - truth.pairs;
  const double penalty = kind == CiderKind::d ? std::exp(-apart * apart / (2 * kSigma * kSigma)) : 1;
  double sum = 0;
  for (size_t n = 0; n < kOrders; ++n) {
    double product = 0;
    for (const auto& [ngram, weight] : predicted.weights[n]) {
      const auto found = truth.weights[n].find(ngram);
      if (found == truth.weights[n].end()) continue;
      product += (kind == CiderKind::d ? std::min(weight, found->second) : weight) * found->second;
    }
    const double norms = predicted.norm[n] * truth.norm[n];
    sum += penalty * (norms != 0 ? product / norms : product);
  }
  return sum / double(kOrders);
}

}  // namespace

std::vector<double> cider_scores(CiderKind kind, std::span<const Tokens> predictions,
                                 std::span<const std::vector<Tokens>> references) {
  require_same_size(references.size(), predictions.size(), "sets of references");
  const Rarity rarity(references);
  std::vector<double> scores;
  for (size_t i = 0; i < predictions.size(); ++i) {
    if (references[i].empty()) throw data_error("example {} has no reference; expected at least one", i);
    const Vector predicted = rarity.vector(predictions[i]);
    double sum = 0;
    for (const Tokens& reference : references[i]) sum += similarity(kind, predicted, rarity.vector(reference));
    scores.push_back(10 * sum / double(references[i].size()));
  }
  return scores;
}

TextFigure cider_mean(CiderKind kind, Predictions predictions, ReferenceSets references) {
  require_texts(predictions, references);
  std::vector<Tokens> predicted;
  std::vector<std::vector<Tokens>> truth;
  for (size_t i = 0; i < predictions.size(); ++i) {
    predicted.push_back(ptb_tokens(predictions[i]));
    std::vector<Tokens>& set = truth.emplace_back();
    for (const std::string& reference : references[i]) set.push_back(ptb_tokens(reference));
  }
  return mean_figure(cider_scores(kind, predicted, truth));
}

}  // namespace espalier
