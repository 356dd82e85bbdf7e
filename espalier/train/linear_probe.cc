#include "espalier/train/linear_probe.h"

#include <chrono>
#include <cmath>
#include <limits>

#include "espalier/base/text.h"
#include "espalier/models/model.h"
#include "espalier/nn/tensor.h"
#include "espalier/train/linear_fit.h"
#include "espalier/train/stop.h"
#include "espalier/train/texts.h"

namespace espalier {
namespace {

constexpr const char* kPlace = "head.main.out";
constexpr double kBytesPerGigabyte = 1e9;
constexpr double kTolerance = 1e-4;
constexpr double kPenalties[] = {1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 1, 10};
constexpr int64_t kFewRows = 50;

/// X [N, D] in double, through ATen's products.
class DenseDesign final : public Design {
 public:
  explicit DenseDesign(Tensor x) : x_(std::move(x)) {}
  int64_t rows() const override { return x_.size(0); }
  int64_t features() const override { return x_.size(1); }
  void multiply(std::span<const double> weights, int64_t columns, std::span<double> scores) const override {
    product(x_, weights, columns, scores, 0);
  }
  void add_transposed(std::span<const double> residuals, int64_t columns, std::span<double> gradient) const override {
    product(x_.t(), residuals, columns, gradient, 1);
  }

 private:
  static void product(const Tensor& left, std::span<const double> right, int64_t columns, std::span<double> out, double keep) {
    const auto view = [&](const double* data, int64_t rows) {
      return at::from_blob(const_cast<double*>(data), {rows, columns}, at::kDouble);
    };
    Tensor result = view(out.data(), left.size(0));
    result.addmm_(left, view(right.data(), left.size(1)), keep, 1);  // keep 0: what stood there is not read
  }
  Tensor x_;
};

struct Features {
  Tensor rows;                  ///< [N, D] double
  std::vector<double> targets;  ///< [N, C]
};

/// What the output layer reads, for each example (tokens: for each labelled piece).
Features collect(Model& model, const Task& task, EvalStream& train, const ProbeOptions& options, Precision precision,
                 const std::atomic<bool>* stop) {
  at::NoGradGuard no_grad;
  Tensor seen;
  const Hook tap = model.site_at(kPlace).wrap(WrapOrder::tap, "probe", [&](const Tensor& x, Next next, Pass&) {
    seen = x;
    return next(x);
  });
  std::vector<Tensor> chunks;
  Features features;
  int64_t rows = 0;
  const bool tokens = task.kind == TaskKind::tokens;
  while (train.next()) {
    for (const EvalBatch& part : train.batches()) {
      if (asked(stop)) return {};
      Pass pass;
      pass.precision = precision;
      model(part.batch, pass);
      std::vector<double> targets;
      if (tokens) {
        const Tensor labelled = part.batch.tokens.ne(-100).nonzero().squeeze(1);
        const Tensor ids = part.batch.tokens.index_select(0, labelled);
        targets = one_hot({ids.const_data_ptr<int64_t>(), size_t(ids.numel())}, int64_t(task.labels.size()));
        seen = seen.index_select(0, labelled);
      } else {
        std::vector<Example> examples;
        for (int64_t at : part.at) {
          Example& target = examples.emplace_back();
          target.label = train.examples()[size_t(at)].label;
          target.values = train.examples()[size_t(at)].values;
        }
        targets = targets_of(task, examples);
      }
      features.targets.insert(features.targets.end(), targets.begin(), targets.end());
      chunks.push_back(seen.to(at::kCPU, at::kFloat).contiguous());
      rows += seen.size(0);
      // Kept in float, then in double, and most of that again while the penalty is chosen.
      if (double(rows) * double(seen.size(1)) * 20 > options.memory_gb * kBytesPerGigabyte) {
        throw usage_error("the features of more than {} rows do not fit into {} GB", with_commas(rows), options.memory_gb)
            .at("method.memory_gb")
            .hint("raise memory_gb, give fewer examples, or train with the method lora");
      }
    }
  }
  if (rows == 0) throw data_error("there are no training examples");
  features.rows = at::cat(chunks).to(at::kDouble);
  return features;
}

/// Mean loss of the fit on rows that it has not seen.
double loss_on(const LinearFit& fit, Link link, const Tensor& x, const Tensor& y) {
  const Tensor w = at::tensor(fit.weights, at::kDouble).view({x.size(1), y.size(1)});
  const Tensor s = at::matmul(x, w) + at::tensor(fit.bias, at::kDouble);
  if (link == Link::softmax) return -(y * at::log_softmax(s, 1)).sum(1).mean().item<double>();
  if (link == Link::sigmoid) return at::binary_cross_entropy_with_logits(s, y).item<double>();
  return (s - y).square().mean().item<double>();
}

LinearFit fit_rows(const Tensor& x, const Tensor& y, Link link, double inverse_penalty, const std::atomic<bool>* stop) {
  return fit_linear(DenseDesign(x), {y.const_data_ptr<double>(), size_t(y.numel())}, y.size(1), link,
                    {.inverse_penalty = inverse_penalty, .tolerance = kTolerance, .stop = stop});
}

/// The C that does best on every tenth row, fitted on the others. The loss falls and then rises with C.
double choose_penalty(const Tensor& x, const Tensor& y, Link link, const std::atomic<bool>* stop) {
  if (x.size(0) < kFewRows) return kPenalties[2];
  const Tensor tenth = at::arange(x.size(0), at::kLong).remainder(10).eq(9);
  const auto part = [](const Tensor& rows, const Tensor& which) { return rows.index_select(0, which.nonzero().squeeze(1)); };
  const Tensor x_fit = part(x, ~tenth), y_fit = part(y, ~tenth), x_held = part(x, tenth), y_held = part(y, tenth);
  double best = kPenalties[0], least = std::numeric_limits<double>::infinity();
  for (const double c : kPenalties) {
    const double loss = loss_on(fit_rows(x_fit, y_fit, link, c, stop), link, x_held, y_held);
    if (loss >= least || asked(stop)) break;
    least = loss;
    best = c;
  }
  return best;
}

}  // namespace

ProbeResult fit_linear_probe(Model& model, const Task& task, EvalStream train, const ProbeOptions& options, Precision precision,
                             Log& log, const std::atomic<bool>* stop) {
  const auto began = std::chrono::steady_clock::now();
  const Link link = task.kind == TaskKind::tokens ? Link::softmax : link_of(task.kind);
  Features features = collect(model, task, train, options, precision, stop);
  if (asked(stop)) return {.stopped = true};
  Tensor& x = features.rows;
  // Standardised features make one penalty suit all models; the shift and scale are folded into the layer afterwards.
  const Tensor mean = x.mean(0);
  Tensor scale = (x - mean).square().mean(0).sqrt();
  scale = at::where(scale > 1e-12, scale, at::ones_like(scale));
  x.sub_(mean).div_(scale);
  const int64_t outputs = int64_t(features.targets.size()) / x.size(0);
  const Tensor y = at::from_blob(features.targets.data(), {x.size(0), outputs}, at::kDouble);
  const double inverse_penalty = options.inverse_penalty > 0 ? options.inverse_penalty : choose_penalty(x, y, link, stop);
  const LinearFit fit = fit_rows(x, y, link, inverse_penalty, stop);
  if (asked(stop)) return {.stopped = true};

  const Tensor w = at::tensor(fit.weights, at::kDouble).view({x.size(1), outputs}).div_(scale.unsqueeze(1));
  const Tensor b = at::tensor(fit.bias, at::kDouble) - at::matmul(mean, w);
  Linear* out = model.linears(kPlace).at(0);
  if (out->out() != outputs || out->bias() == nullptr) {
    throw bug_error("the output layer has {} outputs; the task has {}", out->out(), outputs).at(kPlace);
  }
  const auto put = [&](Parameter& parameter, const Tensor& value) {
    parameter.set(value.to(model.dtype()).contiguous());
    parameter.is_new = true;
  };
  put(out->weight(), w.t());
  put(*out->bias(), b);
  log.note(fmt::format("linear probe: C = {} on {} standardised features, {} rows", inverse_penalty, x.size(1),
                       with_commas(x.size(0))));
  if (!fit.converged) log.warn(fmt::format("the linear probe had not converged after {} iterations", fit.iterations));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return {.rows = x.size(0),
          .features = x.size(1),
          .outputs = outputs,
          .iterations = fit.iterations,
          .converged = fit.converged,
          .loss = fit.loss / double(x.size(0)),
          .inverse_penalty = inverse_penalty,
          .seconds = seconds};
}

}  // namespace espalier
