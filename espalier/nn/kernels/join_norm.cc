#include "espalier/nn/kernels/join_norm.h"

#include "espalier/nn/tensor.h"

namespace espalier::kernels {
namespace {

constexpr int64_t kGrainRows = 16;
constexpr int64_t kChunkRows =
    128;  // rows whose weight gradients are added up before the chunks are: the same for any thread count

const float* data_or_null(const Tensor& x) { return x.defined() ? x.const_data_ptr<float>() : nullptr; }

struct Normed {
  Tensor y, sum, statistics;  // statistics [2, N]: mean, 1 / deviation
};

Normed run(const Tensor& branch, const Tensor& stream, const Tensor& weight, const Tensor& bias, double epsilon,
           const Keep& keep) {
  const int64_t rows = branch.size(0), width = branch.size(1);
  const bool same = keep.threshold == 0 && !stream.defined();
  Normed out{at::empty_like(branch), same ? branch : at::empty_like(branch), at::empty({2, rows}, branch.options())};
  JoinNorm job{.branch = branch.const_data_ptr<float>(),
               .stream = data_or_null(stream),
               .weight = weight.const_data_ptr<float>(),
               .bias = bias.const_data_ptr<float>(),
               .width = width,
               .epsilon = float(epsilon),
               .keep = keep,
               .sum = same ? nullptr : out.sum.mutable_data_ptr<float>(),
               .y = out.y.mutable_data_ptr<float>(),
               .mean = out.statistics.mutable_data_ptr<float>(),
               .scale = out.statistics.mutable_data_ptr<float>() + rows};
  at::parallel_for(0, rows, kGrainRows, [&](int64_t begin, int64_t end) {
    std::vector<float> row(size_t(width + 16));
    vector_kernels().join_norm(job, begin, end, row.data());
  });
  return out;
}

struct Function : torch::autograd::Function<Function> {
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& branch, const std::optional<Tensor>& beside,
                        const Tensor& weight, const Tensor& bias, double epsilon, const Keep& keep, Tensor* sum) {
    const Tensor stream = beside.value_or(Tensor());
    at::AutoDispatchBelowADInplaceOrView below;
    Normed out = run(branch, stream, weight, bias, epsilon, keep);
    context->save_for_backward({out.sum, out.statistics, weight});
    context->saved_data["key"] = int64_t(keep.key);
    context->saved_data["threshold"] = int64_t(keep.threshold);
    context->saved_data["factor"] = double(keep.factor);
    context->saved_data["upwards"] = branch.requires_grad() || (stream.defined() && stream.requires_grad());
    context->saved_data["beside"] = stream.defined();
    context->saved_data["weights"] = weight.requires_grad() || bias.requires_grad();
    if (sum != nullptr) *sum = out.sum.detach();
    return out.y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    at::NoGradGuard no_gradient;
    const auto saved = context->get_saved_variables();
    const Tensor dy = gradients[0].contiguous();
    const int64_t rows = dy.size(0), width = dy.size(1);
    const bool upwards = context->saved_data["upwards"].toBool(), weights = context->saved_data["weights"].toBool();
    const Keep keep{uint64_t(context->saved_data["key"].toInt()), uint32_t(context->saved_data["threshold"].toInt()),
                    float(context->saved_data["factor"].toDouble())};
    const bool drops = keep.threshold > 0;
    const int64_t chunks = (rows + kChunkRows - 1) / kChunkRows;
    Tensor dsum = upwards ? at::empty_like(dy) : Tensor();
    Tensor dbranch = upwards && drops ? at::empty_like(dy) : dsum;
    Tensor sums = weights ? at::zeros({chunks, 2, width}, dy.options()) : Tensor();
    JoinNormBackward job{.dy = dy.const_data_ptr<float>(),
                         .sum = saved[0].const_data_ptr<float>(),
                         .mean = saved[1].const_data_ptr<float>(),
                         .scale = saved[1].const_data_ptr<float>() + rows,
                         .weight = saved[2].const_data_ptr<float>(),
                         .width = width,
                         .keep = keep,
                         .dsum = upwards ? dsum.mutable_data_ptr<float>() : nullptr,
                         .dbranch = upwards ? dbranch.mutable_data_ptr<float>() : nullptr,
                         .dweight = nullptr,
                         .dbias = nullptr};
    at::parallel_for(0, chunks, 1, [&](int64_t begin, int64_t end) {
      std::vector<float> row(size_t(width + 16));
      for (int64_t chunk = begin; chunk < end; ++chunk) {
        JoinNormBackward own = job;
        if (weights) {
          own.dweight = sums.mutable_data_ptr<float>() + chunk * 2 * width;
          own.dbias = own.dweight + width;
        }
        vector_kernels().join_norm_backward(own, chunk * kChunkRows, std::min(rows, (chunk + 1) * kChunkRows), row.data());
      }
    });
    const Tensor total = weights ? sums.sum(0) : Tensor();
    const bool beside = context->saved_data["beside"].toBool();
    return {dbranch, beside ? dsum : Tensor(), weights ? total[0] : Tensor(), weights ? total[1] : Tensor(), Tensor(), Tensor(),
            Tensor()};
  }
};

}  // namespace

Tensor join_norm(const Tensor& branch, const Tensor& stream, const Tensor& weight, const Tensor& bias, double epsilon,
                 const Keep& keep, Tensor* sum) {
  const Tensor x = branch.contiguous(), beside = stream.defined() ? stream.contiguous() : stream;
  const Tensor w = weight.contiguous(), b = bias.contiguous();
  const bool wanted = x.requires_grad() || w.requires_grad() || b.requires_grad() || (beside.defined() && beside.requires_grad());
  if (at::GradMode::is_enabled() && wanted) {
    return Function::apply(x, beside.defined() ? std::optional(beside) : std::nullopt, w, b, epsilon, keep, sum);
  }
  Normed out = run(x, beside, w, b, epsilon, keep);
  if (sum != nullptr) *sum = out.sum;
  return out.y;
}

}  // namespace espalier::kernels
