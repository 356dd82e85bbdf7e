#include "espalier/nn/attention.h"

#include <cmath>
#include <limits>

#include "espalier/base/error.h"
#include "espalier/nn/cache.h"
#include "espalier/nn/kernels/packed_attention.h"
#include "espalier/nn/memory.h"
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

/// Neighbouring examples whose queries are equally many, and their keys too.
struct Run {
  Group queries, keys;
};

/// `alone`: each example for itself.
std::vector<Run> runs_of(const Frame& queries, const Frame& keys, bool alone) {
  std::vector<Run> runs;
  for (int64_t i = 0; i < queries.examples(); ++i) {
    const int64_t asking = queries.length(i), asked = keys.length(i);
    if (runs.empty() || alone || runs.back().queries.length != asking || runs.back().keys.length != asked) {
      runs.push_back({{i, 0, asking, queries.offsets[size_t(i)]}, {i, 0, asked, keys.offsets[size_t(i)]}});
    }
    ++runs.back().queries.count;
    ++runs.back().keys.count;
  }
  return runs;
}

}  // namespace

Attention::Attention(Module& parent, std::string_view name, const AttentionOptions& o)
    : Module(parent, name),
      norm(o.norm ? make_norm(*this, "norm", o.width, *o.norm) : nullptr),
      query(*this, "query", o.width, o.heads * o.dh(), o.bias),
      key(*this, "key", o.width, o.kept_heads() * o.dh(), o.bias),
      value(*this, "value", o.width, o.kept_heads() * o.dh(), o.bias),
      output(*this, "output", o.heads * o.dh(), o.width, o.output_bias.value_or(o.bias)),
      relative(o.relative ? std::make_unique<RelativeBias>(*this, o.heads, *o.relative) : nullptr),
      options_(o) {}

Tensor Attention::operator()(const Tensor& x, Pass& pass, const Tensor* queries) const {
  return site.run(x, pass, [&](const Tensor& stream) {
    const Tensor input = norm ? (*norm)(stream, pass) : stream;
    if (options_.cross) return output(across(input, pass), pass);
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
    const bool shared = key_heads() != options_.heads;
    const bool own_scores = options_.scale > 0 || options_.biased;
    if (hooked() || shared || own_scores || pass.cache != nullptr || !op::fused(q, pass)) {
      return output(by_groups(q, k, v, *pass.frame, *frame, pass), pass);
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

Tensor Attention::across(const Tensor& input, Pass& pass) const {
  const Tensor q = query(input, pass);
  const std::shared_ptr<const Frame> asking = pass.frame;
  if (pass.cache != nullptr && pass.cache->has(path())) return by_groups(q, Tensor(), Tensor(), *asking, *asking, pass);
  if (pass.memory == nullptr) throw bug_error("cross attention without an encoder's rows").at(path());
  const auto of_memory = [&](const Linear& map) {
    const FrameScope scope(pass, pass.memory->frame);
    return map(pass.memory->rows, pass);
  };
  return by_groups(q, of_memory(key), of_memory(value), *asking, *pass.memory->frame, pass);
}

Tensor Attention::by_groups(const Tensor& query, const Tensor& key, const Tensor& value, const Frame& asking, const Frame& frame,
                            Pass& pass) const {
  const bool kept = !key.defined();  // by the cache
  const std::vector<Run> runs = runs_of(asking, frame, pass.cache != nullptr);
  std::vector<int64_t> rows, query_rows;
  for (const Run& run : runs) {
    rows.push_back(run.keys.count * run.keys.length);
    query_rows.push_back(run.queries.count * run.queries.length);
  }
  // One split each, since the backward of a narrow fills and adds all rows once a group.
  const auto queries = at::split_with_sizes(query, query_rows);
  const auto keys = kept ? std::vector<Tensor>() : at::split_with_sizes(key, rows),
             values = kept ? std::vector<Tensor>() : at::split_with_sizes(value, rows);
  std::vector<Tensor> contexts;
  for (size_t i = 0; i < runs.size(); ++i) {
    const Group& group = runs[i].queries;
    auto split = [&](const Tensor& t, int64_t heads) { return t.view({group.count, -1, heads, options_.dh()}).transpose(1, 2); };
    Heads heads{split(queries[i], options_.heads), Tensor(), Tensor(), Tensor(), group};
    if (kept) {
      std::tie(heads.key, heads.value) = pass.cache->kept(path(), int64_t(i));
    } else {
      heads.key = split(keys[i], key_heads());
      heads.value = split(values[i], key_heads());
      if (pass.cache != nullptr) {
        std::tie(heads.key, heads.value) = pass.cache->extend(path(), int64_t(i), heads.key, heads.value);
      }
    }
    const int64_t here = heads.query.size(2), all = heads.key.size(2);
    if (options_.biased) heads.bias = pass.bias->of(group, here, all, pass);
    if (options_.causal && here > 1) {
      const Tensor hidden = hidden_keys(here, all, query.options());
      heads.bias = heads.bias.defined() ? heads.bias + hidden : hidden;
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
