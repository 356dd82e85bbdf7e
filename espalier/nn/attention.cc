#include "espalier/nn/attention.h"

#include <cmath>
#include <limits>

#include "espalier/nn/cache.h"
#include "espalier/nn/kernels/packed_attention.h"
#include "espalier/nn/op.h"
#include "espalier/nn/op_fused.h"
#include "espalier/nn/rotary.h"
#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

/// 0 where a query may look, -inf where a key comes later: [1, 1, queries, keys]; the queries are the last of the rows.
Tensor hidden_keys(int64_t queries, int64_t keys, const at::TensorOptions& options) {
  return at::full({1, 1, queries, keys}, -std::numeric_limits<double>::infinity(), options).triu(1 + keys - queries);
}

/// An example each: of a cache every example has rows of its own number.
std::vector<Group> singles(const Frame& frame) {
  std::vector<Group> groups;
  for (int64_t i = 0; i < frame.examples(); ++i) groups.push_back({i, 1, frame.length(i), frame.offsets[size_t(i)]});
  return groups;
}

}  // namespace

Attention::Attention(Module& parent, std::string_view name, const AttentionOptions& o)
    : Module(parent, name),
      norm(o.norm ? make_norm(*this, "norm", o.width, *o.norm) : nullptr),
      query(*this, "query", o.width, o.heads * o.dh(), o.bias),
      key(*this, "key", o.width, o.kept_heads() * o.dh(), o.bias),
      value(*this, "value", o.width, o.kept_heads() * o.dh(), o.bias),
      output(*this, "output", o.heads * o.dh(), o.width, o.output_bias.value_or(o.bias)),
      options_(o) {}

Tensor Attention::operator()(const Tensor& x, Pass& pass, const Tensor* queries) const {
  return site.run(x, pass, [&](const Tensor& stream) {
    const Tensor input = norm ? (*norm)(stream, pass) : stream;
    Tensor k = key(input, pass);
    const Tensor v = value(input, pass);  // [N, Hk dh]
    const std::shared_ptr<const Frame> frame = pass.frame;
    const FrameScope scope(pass, queries != nullptr ? pooled_frame(frame->examples()) : frame);
    const bool normed_rows = queries != nullptr && norm != nullptr;
    const Tensor asking = normed_rows ? input.index_select(0, frame->first_rows()) : queries != nullptr ? *queries : input;
    Tensor q = query(asking, pass);  // [N, H dh]
    if (options_.rotary > 0) {
      q = rotate(q, pass.frame->positions, options_.dh(), options_.rotary);
      k = rotate(k, frame->positions, options_.dh(), options_.rotary);
    }
    const bool hooked = !on_heads_.empty() || !on_weights_.empty() || !on_context_.empty();
    const bool shared = key_heads() != options_.heads;
    if (hooked || shared || options_.scale > 0 || pass.cache != nullptr || !op::fused(q, pass)) {
      return output(by_groups(q, k, v, *frame, pass), pass);
    }
    std::vector<kernels::Keep> keeps;
    if (pass.train && options_.drop > 0) {
      const size_t groups = frame->groups().size();
      for (size_t i = 0; i < groups; ++i) {
        keeps.push_back(kernels::make_keep(options_.drop, pass.draw(path() + ".weights")));
      }
    }
    return output(kernels::packed_attention(q, k, v, frame, options_.heads, std::move(keeps), options_.causal), pass);
  });
}

Tensor Attention::by_groups(const Tensor& query, const Tensor& key, const Tensor& value, const Frame& frame, Pass& pass) const {
  const bool one = query.size(0) != key.size(0);
  std::vector<int64_t> rows, query_rows;
  const std::vector<Group> groups = pass.cache != nullptr ? singles(frame) : frame.groups();
  for (const Group& group : groups) {
    rows.push_back(group.count * group.length);
    query_rows.push_back(one ? group.count : rows.back());
  }
  // One split each, since the backward of a narrow fills and adds all rows once a group.
  const auto queries = at::split_with_sizes(query, query_rows), keys = at::split_with_sizes(key, rows),
             values = at::split_with_sizes(value, rows);
  std::vector<Tensor> contexts;
  for (size_t i = 0; i < groups.size(); ++i) {
    auto split = [&](const Tensor& t, int64_t heads) {
      return t.view({groups[i].count, -1, heads, options_.dh()}).transpose(1, 2);
    };
    Heads heads{split(queries[i], options_.heads), split(keys[i], key_heads()), split(values[i], key_heads()), Tensor(),
                groups[i]};
    if (pass.cache != nullptr) std::tie(heads.key, heads.value) = pass.cache->extend(path(), int64_t(i), heads.key, heads.value);
    if (options_.causal && heads.query.size(2) > 1) {
      heads.bias = hidden_keys(heads.query.size(2), heads.key.size(2), query.options());
    }
    const Tensor c = context(std::move(heads), pass);
    contexts.push_back(c.transpose(1, 2).reshape({query_rows[i], query.size(1)}));  // [G, H, T, dh] -> [G·T, H dh]
  }
  return contexts.size() == 1 ? contexts[0] : at::cat(contexts, 0);
}

Tensor Attention::context(Heads heads, Pass& pass) const {
  for (const auto& hook : on_heads_.items()) hook.call(heads, pass);
  if (const int64_t times = options_.heads / key_heads(); times > 1) {
    heads.key = heads.key.repeat_interleave(times, 1);
    heads.value = heads.value.repeat_interleave(times, 1);
  }
  const bool drops = pass.train && options_.drop > 0;
  Tensor c;
  if (on_weights_.empty() && !drops && !pass.composed) {
    const auto bias = heads.bias.defined() ? std::optional<Tensor>(heads.bias) : std::nullopt;
    const auto scale = options_.scale > 0 ? std::optional<double>(options_.scale) : std::nullopt;
    c = at::scaled_dot_product_attention(heads.query, heads.key, heads.value, bias, 0, false, scale);
  } else {
    const double root = options_.scale > 0 ? 1 / options_.scale : std::sqrt(double(heads.query.size(3)));
    Tensor scores = at::matmul(heads.query / root, heads.key.transpose(2, 3));  // [G, H, Tq, Tk]
    if (heads.bias.defined()) scores = scores + heads.bias;
    Tensor weights = at::softmax(scores, -1);
    if (drops) weights = op::dropout(weights, options_.drop, pass.draw(path() + ".weights"), pass);
    for (const auto& hook : on_weights_.items()) weights = hook.call(weights, heads.group, pass);
    c = at::matmul(weights, heads.value);
  }
  for (const auto& hook : on_context_.items()) c = hook.call(c, heads.group, pass);
  return c;
}

}  // namespace espalier
