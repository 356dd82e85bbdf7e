// Linear models fitted to convergence: multinomial and one-against-rest logistic regression, and ridge regression, by Newton's
// method with conjugate gradients (Lin, Weng, Keerthi 2008). Minimises sum of losses + |W|² / (2 C); the bias is free.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace espalier {

/// softmax: one class of many. sigmoid: each column on its own. identity: least squares, loss (s - y)² / 2.
enum class Link : uint8_t { softmax, sigmoid, identity };

/// N rows of D features, seen only through its products.
class Design {
 public:
  virtual ~Design() = default;
  virtual int64_t rows() const = 0;
  virtual int64_t features() const = 0;
  /// scores [N, C] = X W, with W [D, C].
  virtual void multiply(std::span<const double> weights, int64_t columns, std::span<double> scores) const = 0;
  /// gradient [D, C] += Xᵀ R, with R [N, C].
  virtual void add_transposed(std::span<const double> residuals, int64_t columns, std::span<double> gradient) const = 0;
};

/// Rows of few nonzeros: row i owns entries offsets[i] .. offsets[i+1].
struct SparseDesign final : Design {
  std::vector<int64_t> offsets{0};
  std::vector<int32_t> indices;
  std::vector<double> values;
  int64_t width = 0;

  int64_t rows() const override { return int64_t(offsets.size()) - 1; }
  int64_t features() const override { return width; }
  void multiply(std::span<const double> weights, int64_t columns, std::span<double> scores) const override;
  void add_transposed(std::span<const double> residuals, int64_t columns, std::span<double> gradient) const override;
};

struct FitOptions {
  double inverse_penalty = 1;               ///< C as in scikit-learn: larger fits closer
  double tolerance = 1e-3;                  ///< largest entry of the gradient, relative to its first
  int64_t iterations = 100;                 ///< of Newton
  const std::atomic<bool>* stop = nullptr;  ///< true ends the fit where it is
};

struct LinearFit {
  std::vector<double> weights;  ///< [D, C]
  std::vector<double> bias;     ///< [C]
  double loss = 0;              ///< the minimised sum
  int64_t iterations = 0;
  bool converged = false;
  bool stopped = false;  ///< by FitOptions::stop
};

/// targets [N, C]: one-hot, 0 / 1, or values.
LinearFit fit_linear(const Design& design, std::span<const double> targets, int64_t columns, Link link,
                     const FitOptions& options = {});
/// Scores [N, C] become the link's means: probabilities, or themselves.
void apply_link(Link link, int64_t columns, std::span<double> scores);
/// [N, C] of 0 and 1.
std::vector<double> one_hot(std::span<const int64_t> classes, int64_t columns);

}  // namespace espalier
