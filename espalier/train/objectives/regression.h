// Losses of real-valued targets: squared error, labels that are each true or false, and the cosine of two texts.
#pragma once

#include <vector>

#include "espalier/nn/tensor.h"
#include "espalier/train/objective.h"

namespace espalier {

struct NoOptions {
  void fields(Fields&) {}
};

/// (s - y)² over all targets of an example, as torch.nn.MSELoss.
class SquaredError final : public Objective {
 public:
  explicit SquaredError(NoOptions) {}
  Losses of(const Tensor& output, const Batch& batch) const override;
};

struct BinaryCrossEntropyOptions {
  std::vector<double> positive_weights;
  void fields(Fields& f) {
    f("positive_weights", positive_weights).at_least(0).help("one weight a label for the examples that have it; none: all 1");
  }
};

/// -y log p - (1 - y) log(1 - p) with p = sigmoid(s), as torch.nn.BCEWithLogitsLoss.
class BinaryCrossEntropy final : public Objective {
 public:
  explicit BinaryCrossEntropy(BinaryCrossEntropyOptions options) : options_(std::move(options)) {}
  Losses of(const Tensor& output, const Batch& batch) const override;

 private:
  BinaryCrossEntropyOptions options_;
};

struct CosineOptions {
  double low = 0, high = 1;
  void fields(Fields& f) {
    f("low", low).help("the score that means unrelated: cosine 0");
    f("high", high).help("the score that means equal: cosine 1");
  }
};

/// (cos - (y - low) / (high - low))², as sentence-transformers' CosineSimilarityLoss on scores scaled to [0, 1].
class CosineError final : public Objective {
 public:
  explicit CosineError(CosineOptions options);
  Losses of(const Tensor& output, const Batch& batch) const override;

 private:
  CosineOptions options_;
};

}  // namespace espalier
