#include "espalier/nn/attention.h"

#include <cmath>

#include "espalier/nn/op.h"
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

Tensor Attention::operator()(const Tensor& x, Pass& pass) const {
  return site.run(x, pass, [&](const Tensor& input) {
    const Tensor q = query(input, pass), k = key(input, pass), v = value(input, pass);  // [N, D]
    const std::vector<Group> groups = pass.frame->groups();
    std::vector<int64_t> rows;
    for (const Group& group : groups) rows.push_back(group.count * group.length);
    // One split each, since the backward of a narrow fills and adds all rows once a group.
    const auto queries = at::split_with_sizes(q, rows), keys = at::split_with_sizes(k, rows),
               values = at::split_with_sizes(v, rows);
    std::vector<Tensor> contexts;
    for (size_t i = 0; i < groups.size(); ++i) {
      const int64_t width = q.size(1);
      auto split = [&](const Tensor& t) {
        return t.view({groups[i].count, groups[i].length, heads_, width / heads_}).transpose(1, 2);
      };
      const Tensor c = context({split(queries[i]), split(keys[i]), split(values[i]), Tensor(), groups[i]}, pass);
      contexts.push_back(c.transpose(1, 2).reshape({rows[i], width}));  // [G, H, T, dh] -> [G·T, D]
    }
    return output(contexts.size() == 1 ? contexts[0] : at::cat(contexts, 0), pass);
  });
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
