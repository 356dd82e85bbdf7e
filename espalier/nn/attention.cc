#include "espalier/nn/attention.h"

#include <cmath>

#include "espalier/nn/kernels/packed_attention.h"
#include "espalier/nn/op.h"
#include "espalier/nn/op_fused.h"
#include "espalier/nn/tensor.h"

namespace espalier {

Attention::Attention(Module& parent, std::string_view name, int64_t width, int64_t heads, double drop)
    : Module(parent, name),
      query(*this, "query", width, width),
      key(*this, "key", width, width),
      value(*this, "value", width, width),
      output(*this, "output", width, width),
      heads_(heads),
      drop_(drop) {}

Tensor Attention::operator()(const Tensor& x, Pass& pass, const Tensor* queries) const {
  return site.run(x, pass, [&](const Tensor& input) {
    const Tensor k = key(input, pass), v = value(input, pass);  // [N, D]
    const std::shared_ptr<const Frame> frame = pass.frame;
    const FrameScope scope(pass, queries != nullptr ? pooled_frame(frame->examples()) : frame);
    const Tensor q = query(queries != nullptr ? *queries : input, pass);
    const bool hooked = !on_heads_.empty() || !on_weights_.empty() || !on_context_.empty();
    if (hooked || !op::fused(q, pass)) return output(by_groups(q, k, v, *frame, pass), pass);
    std::vector<kernels::Keep> keeps;
    if (pass.train && drop_ > 0) {
      const size_t groups = frame->groups().size();
      for (size_t i = 0; i < groups; ++i) {
        keeps.push_back(kernels::make_keep(drop_, pass.draw(path() + ".weights")));
      }
    }
    return output(kernels::packed_attention(q, k, v, frame, heads_, std::move(keeps)), pass);
  });
}

Tensor Attention::by_groups(const Tensor& query, const Tensor& key, const Tensor& value, const Frame& frame, Pass& pass) const {
  const bool one = query.size(0) != key.size(0);
  const int64_t width = query.size(1);
  std::vector<int64_t> rows, query_rows;
  const std::vector<Group> groups = frame.groups();
  for (const Group& group : groups) {
    rows.push_back(group.count * group.length);
    query_rows.push_back(one ? group.count : rows.back());
  }
  // One split each, since the backward of a narrow fills and adds all rows once a group.
  const auto queries = at::split_with_sizes(query, query_rows), keys = at::split_with_sizes(key, rows),
             values = at::split_with_sizes(value, rows);
  std::vector<Tensor> contexts;
  for (size_t i = 0; i < groups.size(); ++i) {
    auto split = [&](const Tensor& t) { return t.view({groups[i].count, -1, heads_, width / heads_}).transpose(1, 2); };
    const Tensor c = context({split(queries[i]), split(keys[i]), split(values[i]), Tensor(), groups[i]}, pass);
    contexts.push_back(c.transpose(1, 2).reshape({query_rows[i], width}));  // [G, H, T, dh] -> [G·T, D]
  }
  return contexts.size() == 1 ? contexts[0] : at::cat(contexts, 0);
}

Tensor Attention::context(Heads heads, Pass& pass) const {
  for (const auto& hook : on_heads_.items()) hook.call(heads, pass);
  const bool drops = pass.train && drop_ > 0;
  Tensor c;
  if (on_weights_.empty() && !drops && !pass.composed) {
    const auto bias = heads.bias.defined() ? std::optional<Tensor>(heads.bias) : std::nullopt;
    c = at::scaled_dot_product_attention(heads.query, heads.key, heads.value, bias);
  } else {
    const double root = std::sqrt(double(heads.query.size(3)));
    Tensor scores = at::matmul(heads.query / root, heads.key.transpose(2, 3));  // [G, H, Tq, Tk]
    if (heads.bias.defined()) scores = scores + heads.bias;
    Tensor weights = at::softmax(scores, -1);
    if (drops) weights = op::dropout(weights, drop_, pass.draw(path() + ".weights"), pass);
    for (const auto& hook : on_weights_.items()) weights = hook.call(weights, heads.group, pass);
    c = at::matmul(weights, heads.value);
  }
  for (const auto& hook : on_context_.items()) c = hook.call(c, heads.group, pass);
  return c;
}

}  // namespace espalier
