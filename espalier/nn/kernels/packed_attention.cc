#include "espalier/nn/kernels/packed_attention.h"

#include <atomic>
#include <cmath>

#include "espalier/nn/tensor.h"

namespace espalier::kernels {
namespace {

/// What one thread does at a time: one example, one head.
struct Task {
  int64_t query_row, queries;
  int64_t row, length;
  int64_t head, first_weight;
  Keep keep;
};

struct Work {
  std::vector<Task> tasks;
  int64_t longest = 0;
};

/// `one`: a single query for each example.
Work make_work(const Frame& frame, bool one, int64_t heads, const std::vector<Keep>& keeps) {
  Work work;
  const std::vector<Group> groups = frame.groups();
  for (size_t g = 0; g < groups.size(); ++g) {
    const Group& group = groups[g];
    work.longest = std::max(work.longest, group.length);
    const int64_t queries = one ? 1 : group.length;
    for (int64_t example = 0; example < group.count; ++example) {
      const int64_t row = group.row + example * group.length;
      for (int64_t head = 0; head < heads; ++head) {
        work.tasks.push_back({.query_row = one ? group.first + example : row,
                              .queries = queries,
                              .row = row,
                              .length = group.length,
                              .head = head,
                              .first_weight = (example * heads + head) * queries * group.length,
                              .keep = keeps.empty() ? Keep{} : keeps[g]});
      }
    }
  }
  return work;
}

/// Each task once, whichever thread is free, with working memory of its own.
template <class Run>
void each_task(const Work& work, int64_t width, const Run& run) {
  const int64_t memory = attention_memory(work.longest, width);
  std::atomic<size_t> next{0};
  at::parallel_for(0, at::get_num_threads(), 1, [&](int64_t, int64_t) {
    std::unique_ptr<float[]> own(new float[size_t(memory)]);
    for (size_t i = next++; i < work.tasks.size(); i = next++) run(work.tasks[i], own.get());
  });
}

struct Shape {
  Shape(const Tensor& query, const Tensor& key, int64_t head_count, bool is_causal)
      : rows(query.size(0)),
        heads(head_count),
        width(query.size(1) / heads),
        one(query.size(0) != key.size(0)),
        causal(is_causal) {}
  int64_t rows, heads, width;  ///< rows of the query
  bool one, causal;
};

AttentionHead head_of(const Task& task, const Shape& shape, const Tensor& query, const Tensor& key, const Tensor& value) {
  const int64_t at = task.row * query.stride(0) + task.head * shape.width;
  return {.query = query.const_data_ptr<float>() + task.query_row * query.stride(0) + task.head * shape.width,
          .key = key.const_data_ptr<float>() + at,
          .value = value.const_data_ptr<float>() + at,
          .stride = query.stride(0),
          .queries = task.queries,
          .length = task.length,
          .width = shape.width,
          .scale = float(1.0 / std::sqrt(double(shape.width))),
          .causal = shape.causal,
          .keep = task.keep,
          .first_weight = task.first_weight,
          .output = nullptr,
          .output_stride = shape.heads * shape.width,
          .log_sum = nullptr};
}

Tensor attend(const Tensor& query, const Tensor& key, const Tensor& value, const Frame& frame, int64_t heads,
              const std::vector<Keep>& keeps, bool causal, Tensor* log_sums) {
  const Shape shape(query, key, heads, causal);
  const Tensor output = at::empty({shape.rows, query.size(1)}, query.options());
  if (log_sums != nullptr) *log_sums = at::empty({heads, shape.rows}, query.options());
  float* out = output.mutable_data_ptr<float>();
  float* logs = log_sums != nullptr ? log_sums->mutable_data_ptr<float>() : nullptr;
  each_task(make_work(frame, shape.one, heads, keeps), shape.width, [&](const Task& task, float* memory) {
    AttentionHead head = head_of(task, shape, query, key, value);
    head.output = out + task.query_row * head.output_stride + task.head * shape.width;
    if (logs != nullptr) head.log_sum = logs + task.head * shape.rows + task.query_row;
    vector_kernels().attention(head, memory);
  });
  return output;
}

struct Function : torch::autograd::Function<Function> {
  struct Kept : torch::CustomClassHolder {
    std::shared_ptr<const Frame> frame;
    std::vector<Keep> keeps;
  };

  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& query, const Tensor& key, const Tensor& value,
                        const std::shared_ptr<const Frame>& frame, int64_t heads, const std::vector<Keep>& keeps, bool causal) {
    at::AutoDispatchBelowADInplaceOrView below;
    Tensor log_sums;
    Tensor output = attend(query, key, value, *frame, heads, keeps, causal, &log_sums);
    context->save_for_backward({query, key, value, output, log_sums});
    auto kept = c10::make_intrusive<Kept>();
    kept->frame = frame;
    kept->keeps = keeps;
    context->saved_data["kept"] = c10::IValue::make_capsule(kept);
    context->saved_data["heads"] = heads;
    context->saved_data["causal"] = causal;
    return output;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    at::NoGradGuard no_gradient;
    const auto saved = context->get_saved_variables();
    const Tensor &query = saved[0], &output = saved[3], &log_sums = saved[4], doutput = gradients[0].contiguous();
    const auto kept = c10::static_intrusive_pointer_cast<Kept>(context->saved_data["kept"].toCapsule());
    const int64_t heads = context->saved_data["heads"].toInt();
    const Shape shape(query, saved[1], heads, context->saved_data["causal"].toBool());
    const Tensor dquery = at::empty_like(query), dkey = at::empty_like(saved[1]), dvalue = at::empty_like(saved[1]);
    float *dq = dquery.mutable_data_ptr<float>(), *dk = dkey.mutable_data_ptr<float>(), *dv = dvalue.mutable_data_ptr<float>();
    const float *out = output.const_data_ptr<float>(), *logs = log_sums.const_data_ptr<float>(),
                *slope = doutput.const_data_ptr<float>();
    each_task(make_work(*kept->frame, shape.one, heads, kept->keeps), shape.width, [&](const Task& task, float* memory) {
      AttentionHead head = head_of(task, shape, query, saved[1], saved[2]);
      const int64_t at = task.row * head.output_stride + task.head * shape.width;
      const int64_t query_at = task.query_row * head.output_stride + task.head * shape.width;
      head.output = const_cast<float*>(out) + query_at;  // only read backwards
      head.log_sum = const_cast<float*>(logs) + task.head * shape.rows + task.query_row;
      vector_kernels().attention_backward(head, {slope + query_at, dq + query_at, dk + at, dv + at, head.output_stride}, memory);
    });
    return {dquery, dkey, dvalue, Tensor(), Tensor(), Tensor(), Tensor()};
  }
};

}  // namespace

Tensor packed_attention(const Tensor& query, const Tensor& key, const Tensor& value, const std::shared_ptr<const Frame>& frame,
                        int64_t heads, std::vector<Keep> keeps, bool causal) {
  const Tensor q = query.contiguous(), k = key.contiguous(), v = value.contiguous();
  if (at::GradMode::is_enabled() && (q.requires_grad() || k.requires_grad() || v.requires_grad())) {
    return Function::apply(q, k, v, frame, heads, keeps, causal);
  }
  return attend(q, k, v, *frame, heads, keeps, causal, nullptr);
}

}  // namespace espalier::kernels
