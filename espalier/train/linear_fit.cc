#include "espalier/train/linear_fit.h"

#include <algorithm>
#include <cmath>

#include "espalier/base/error.h"
#include "espalier/train/stop.h"

namespace espalier {
namespace {

using Vector = std::vector<double>;

double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

void add(Vector& to, double factor, const Vector& from) {
  for (size_t i = 0; i < to.size(); ++i) to[i] += factor * from[i];
}

/// y += factor x: the loop that all of the time of sparse fits goes into, vectorised whatever the build's flags.
[[gnu::optimize("O3")]] void add_row(const double* x, double factor, double* y, int64_t size) {
  for (int64_t i = 0; i < size; ++i) y[i] += factor * x[i];
}

double largest(const Vector& v) {
  double most = 0;
  for (double x : v) most = std::max(most, std::abs(x));
  return most;
}

/// Scores become probabilities; returns log sum exp of the scores.
double softmax(std::span<double> s) {
  const double top = *std::max_element(s.begin(), s.end());
  double sum = 0;
  for (double& x : s) sum += x = std::exp(x - top);
  for (double& x : s) x /= sum;
  return top + std::log(sum);
}

/// The function that is minimised, at parameters laid out as [D + 1, C], the last row being the bias.
class Fit {
 public:
  Fit(const Design& design, std::span<const double> targets, int64_t columns, Link link, double penalty)
      : design_(design), targets_(targets), columns_(size_t(columns)), link_(link), penalty_(penalty) {
    rows_ = size_t(design.rows());
    weights_ = size_t(design.features()) * columns_;
  }

  size_t size() const { return weights_ + columns_; }

  Vector scores(const Vector& w) const {
    Vector s(rows_ * columns_);
    design_.multiply({w.data(), weights_}, int64_t(columns_), s);
    for (size_t i = 0; i < rows_; ++i) {
      for (size_t c = 0; c < columns_; ++c) s[i * columns_ + c] += w[weights_ + c];
    }
    return s;
  }

  double penalty(const Vector& w) const {
    double sum = 0;
    for (size_t i = 0; i < weights_; ++i) sum += w[i] * w[i];
    return penalty_ * sum / 2;
  }

  /// Sum of losses; turns scores into the link's means.
  double means(Vector& s) const {
    double loss = 0;
    for (size_t i = 0; i < rows_; ++i) loss += row_means({&s[i * columns_], columns_}, &targets_[i * columns_]);
    return loss;
  }

  Vector gradient(const Vector& w, const Vector& means) const {
    Vector residuals(means);
    for (size_t i = 0; i < residuals.size(); ++i) residuals[i] -= targets_[i];
    return back(residuals, w);
  }

  /// The Hessian at `means` times v.
  Vector curvature(const Vector& means, const Vector& v) const {
    Vector z = scores(v);
    for (size_t i = 0; i < rows_; ++i) {
      const double* p = &means[i * columns_];
      double* row = &z[i * columns_];
      if (link_ == Link::softmax) {
        double mean = 0;
        for (size_t c = 0; c < columns_; ++c) mean += p[c] * row[c];
        for (size_t c = 0; c < columns_; ++c) row[c] = p[c] * (row[c] - mean);
      } else if (link_ == Link::sigmoid) {
        for (size_t c = 0; c < columns_; ++c) row[c] *= p[c] * (1 - p[c]);
      }
    }
    return back(z, v);
  }

 private:
  /// The loss of a row of scores, which become means.
  double row_means(std::span<double> s, const double* y) const {
    double loss = 0;
    if (link_ == Link::identity) {
      for (size_t c = 0; c < s.size(); ++c) loss += (s[c] - y[c]) * (s[c] - y[c]) / 2;
    } else if (link_ == Link::sigmoid) {
      for (size_t c = 0; c < s.size(); ++c) {
        loss += std::max(s[c], 0.0) - s[c] * y[c] + std::log1p(std::exp(-std::abs(s[c])));
        s[c] = 1 / (1 + std::exp(-s[c]));
      }
    } else {
      for (size_t c = 0; c < s.size(); ++c) loss -= y[c] * s[c];
      loss += softmax(s);
    }
    return loss;
  }

  Vector back(const Vector& residuals, const Vector& w) const {
    Vector g(w);
    for (size_t i = 0; i < weights_; ++i) g[i] *= penalty_;
    std::fill(g.begin() + int64_t(weights_), g.end(), 0);
    design_.add_transposed(residuals, int64_t(columns_), {g.data(), weights_});
    for (size_t i = 0; i < rows_; ++i) {
      for (size_t c = 0; c < columns_; ++c) g[weights_ + c] += residuals[i * columns_ + c];
    }
    return g;
  }

  const Design& design_;
  std::span<const double> targets_;
  size_t columns_, rows_, weights_;
  Link link_;
  double penalty_;
};

/// Conjugate gradients on H d = -g, as far as Newton's next step deserves (Dembo and Steihaug 1983).
Vector newton_direction(const Fit& fit, const Vector& means, const Vector& g, double accuracy, const std::atomic<bool>* stop) {
  Vector d(g.size(), 0), r(g.size()), p;
  for (size_t i = 0; i < g.size(); ++i) r[i] = -g[i];
  p = r;
  double rr = dot(r, r);
  const double goal = rr * accuracy * accuracy;
  for (int i = 0; i < 500 && rr > goal && !asked(stop); ++i) {
    const Vector hp = fit.curvature(means, p);
    const double curved = dot(p, hp);
    if (curved <= 1e-300) break;  // flat: softmax scores may all move together in the bias
    const double step = rr / curved;
    const double before = rr;
    rr = 0;
    for (size_t k = 0; k < d.size(); ++k) {
      d[k] += step * p[k];
      r[k] -= step * hp[k];
      rr += r[k] * r[k];
    }
    for (size_t k = 0; k < p.size(); ++k) p[k] = r[k] + rr / before * p[k];
  }
  return d;
}

}  // namespace

void SparseDesign::multiply(std::span<const double> weights, int64_t columns, std::span<double> scores) const {
  std::fill(scores.begin(), scores.end(), 0);
  for (int64_t i = 0; i < rows(); ++i) {
    double* out = &scores[size_t(i * columns)];
    for (int64_t e = offsets[size_t(i)]; e < offsets[size_t(i) + 1]; ++e) {
      const double value = values[size_t(e)];
      const double* w = &weights[size_t(int64_t(indices[size_t(e)]) * columns)];
      add_row(w, value, out, columns);
    }
  }
}

void SparseDesign::add_transposed(std::span<const double> residuals, int64_t columns, std::span<double> gradient) const {
  for (int64_t i = 0; i < rows(); ++i) {
    const double* r = &residuals[size_t(i * columns)];
    for (int64_t e = offsets[size_t(i)]; e < offsets[size_t(i) + 1]; ++e) {
      const double value = values[size_t(e)];
      double* g = &gradient[size_t(int64_t(indices[size_t(e)]) * columns)];
      add_row(r, value, g, columns);
    }
  }
}

LinearFit fit_linear(const Design& design, std::span<const double> targets, int64_t columns, Link link,
                     const FitOptions& options) {
  if (int64_t(targets.size()) != design.rows() * columns)
    throw bug_error("{} targets for {} rows", targets.size(), design.rows());
  const Fit fit(design, targets, columns, link, 1 / options.inverse_penalty);
  LinearFit result;
  Vector w(fit.size(), 0);
  Vector means = fit.scores(w);
  double value = fit.means(means) + fit.penalty(w);
  Vector g = fit.gradient(w, means);
  const double first = std::max(largest(g), 1e-300);
  for (; result.iterations < options.iterations; ++result.iterations) {
    const double left = largest(g) / first;
    if (left <= options.tolerance) break;
    const double accuracy = std::min(link == Link::identity ? options.tolerance / 10 : 0.5, std::sqrt(left));
    const Vector d = newton_direction(fit, means, g, accuracy, options.stop);
    if (asked(options.stop)) {
      result.stopped = true;
      break;
    }
    const double slope = dot(g, d);
    double step = 1;
    Vector next;
    for (;; step /= 2) {  // Armijo
      next = w;
      add(next, step, d);
      means = fit.scores(next);
      const double tried = fit.means(means) + fit.penalty(next);
      if (tried <= value + 1e-4 * step * slope || step < 1e-10) {
        value = tried;
        break;
      }
    }
    w = std::move(next);
    g = fit.gradient(w, means);
  }
  result.converged = largest(g) / first <= options.tolerance;
  result.loss = value;
  const size_t weights = w.size() - size_t(columns);
  result.bias.assign(w.begin() + int64_t(weights), w.end());
  w.resize(weights);
  result.weights = std::move(w);
  return result;
}

void apply_link(Link link, int64_t columns, std::span<double> scores) {
  if (link == Link::sigmoid) {
    for (double& s : scores) s = 1 / (1 + std::exp(-s));
  } else if (link == Link::softmax) {
    for (size_t at = 0; at < scores.size(); at += size_t(columns)) softmax(scores.subspan(at, size_t(columns)));
  }
}

std::vector<double> one_hot(std::span<const int64_t> classes, int64_t columns) {
  std::vector<double> rows(classes.size() * size_t(columns), 0);
  for (size_t i = 0; i < classes.size(); ++i) {
    if (classes[i] < 0 || classes[i] >= columns) throw bug_error("class {}; expected 0 to {}", classes[i], columns - 1);
    rows[i * size_t(columns) + size_t(classes[i])] = 1;
  }
  return rows;
}

}  // namespace espalier
