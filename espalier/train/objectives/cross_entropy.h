// Cross-entropy of class scores, equal to torch.nn.functional.cross_entropy:
// (1 - e) w[y] (-log p[y]) + e/C sum_c w[c] (-log p[c]), divided by sum of w[y].
#pragma once

#include <span>
#include <vector>

#include "espalier/nn/tensor.h"
#include "espalier/train/objective.h"

namespace espalier {

struct CrossEntropyOptions {
  std::vector<double> class_weights;
  double label_smoothing = 0;
  void fields(Fields& f) {
    f("class_weights", class_weights).at_least(0).help("one weight a class; none: all 1");
    f("label_smoothing", label_smoothing).between(0, 1).help("share of the target spread over all classes");
  }
};

/// Loss and weight of each row: scores [N, C], classes [N] (-100 = no term) -> [N], [N].
Losses cross_entropy_rows(const Tensor& scores, const Tensor& classes, const CrossEntropyOptions& options);
/// n / (C n_c), as scikit-learn's class_weight='balanced'; 0 for a class that does not occur.
std::vector<double> balanced_weights(std::span<const int64_t> counts);

/// One class an example.
class CrossEntropy final : public Objective {
 public:
  explicit CrossEntropy(CrossEntropyOptions options) : options_(std::move(options)) {}
  Losses of(const Tensor& output, const Batch& batch) const override;

 private:
  CrossEntropyOptions options_;
};

/// One class (or vocabulary id) a row; rows without one are skipped. Serves token labels and masked language models.
class TokenCrossEntropy final : public Objective {
 public:
  explicit TokenCrossEntropy(CrossEntropyOptions options) : options_(std::move(options)) {}
  Losses of(const Tensor& output, const Batch& batch) const override;

 private:
  CrossEntropyOptions options_;
};

}  // namespace espalier
