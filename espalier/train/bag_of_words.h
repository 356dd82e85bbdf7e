// Bag of words: hashed word 1-2-grams, TF-IDF, and a linear model fitted to convergence. The control row of every text table:
// no model is needed. Formulas of scikit-learn: idf = ln((1 + n) / (1 + df)) + 1, rows of unit length.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "espalier/base/fields.h"
#include "espalier/base/files.h"
#include "espalier/train/linear_fit.h"

namespace espalier {

struct BagOfWordsOptions {
  int64_t buckets = 1 << 18;
  int64_t longest = 2;
  double inverse_penalty = 10;
  double tolerance = 1e-3;
  void fields(Fields& f) {
    f("buckets", buckets).between(2, 1 << 24).help("n-grams are hashed into so many features");
    f("longest", longest).between(1, 5).help("words of the longest n-gram");
    f("inverse_penalty", inverse_penalty).above(0).help("C of the regression: larger fits closer");
    f("tolerance", tolerance).above(0).below(1).help("the fit ends where the gradient is so small a share of the first");
  }
};

class BagOfWords {
 public:
  /// targets [N, outputs] as for fit_linear. The two texts of a pair are joined by '\n', which no n-gram crosses. `stop` becoming
  /// true ends the fit, which is then stopped() and of no use.
  static BagOfWords fit(std::span<const std::string> texts, std::span<const double> targets, std::vector<std::string> labels,
                        Link link, const BagOfWordsOptions& options = {}, const std::atomic<bool>* stop = nullptr);
  /// One safetensors file; a data Error when it is not one of ours.
  static BagOfWords load(const fs::path& path);
  void save(const fs::path& path) const;

  /// [N, outputs]: log-odds up to a constant of the row, or values of a regression; read_logits() makes predictions of them.
  std::vector<double> logits(std::span<const std::string> texts) const;
  /// [N, outputs]: probabilities, or values of a regression.
  std::vector<double> predict(std::span<const std::string> texts) const;
  const std::vector<std::string>& labels() const { return labels_; }
  Link link() const { return link_; }
  int64_t size() const { return int64_t(weights_.size() + bias_.size()); }  ///< numbers that were fitted
  const BagOfWordsOptions& options() const { return options_; }
  int64_t iterations() const { return iterations_; }
  bool stopped() const { return stopped_; }

 private:
  BagOfWords() = default;
  SparseDesign rows(std::span<const std::string> texts) const;
  void count(std::span<const std::string> texts);
  BagOfWordsOptions options_;
  Link link_ = Link::softmax;
  std::vector<std::string> labels_;
  std::vector<int32_t> buckets_;  ///< bucket of each column that occurred in training, ascending
  std::vector<double> idf_;       ///< [columns]
  std::vector<double> weights_;   ///< [columns, outputs]
  std::vector<double> bias_;
  int64_t iterations_ = 0;
  bool stopped_ = false;
};

/// Lower-cased runs of at least two word characters (scikit-learn's default token pattern).
std::vector<std::string> words_of(std::string_view text);

}  // namespace espalier
