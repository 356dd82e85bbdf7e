#include "espalier/nn/post_norm_block.h"

#include "espalier/nn/tensor.h"

namespace espalier {

namespace {

AttentionOptions across(const PostNormOptions& o) {
  return {.width = o.width, .heads = o.heads, .drop = o.weights_drop, .cross = true};
}

}  // namespace

PostNormBlock::PostNormBlock(Module& parent, std::string_view name, const PostNormOptions& o)
    : Module(parent, name),
      attention(*this, "attention", {.width = o.width, .heads = o.heads, .drop = o.weights_drop, .causal = o.decoder}),
      attention_drop(attention, "drop", o.attention_drop),
      attention_join(attention, o.width, o.norm_epsilon),
      cross(o.decoder ? std::make_unique<Attention>(*this, "cross", across(o)) : nullptr),
      cross_drop(cross ? std::make_unique<Drop>(*cross, "drop", o.attention_drop) : nullptr),
      cross_join(cross ? std::make_unique<Join>(*cross, o.width, o.norm_epsilon) : nullptr),
      ffn(*this, {.width = o.width, .inner = o.inner, .activation = o.activation, .inner_drop = o.inner_drop}),
      ffn_drop(ffn, "drop", o.ffn_drop),
      ffn_join(ffn, o.width, o.norm_epsilon) {}

Tensor PostNormBlock::operator()(const Tensor& x, Pass& pass) const {
  return site.run(x, pass, [&](const Tensor& stream) {
    // What is attached to these places may read all rows; what hangs on single maps takes any.
    const bool first = pass.first_rows && !cross && !site.wrapped() && attention.plain() && !ffn.site.wrapped();
    const Tensor kept = first ? stream.index_select(0, pass.frame->first_rows()) : stream;
    const Tensor branch = attention(stream, pass, first ? &kept : nullptr);
    const FrameScope scope(pass, first ? pooled_frame(pass.frame->examples()) : pass.frame);
    Tensor a = attention_join(branch, kept, attention_drop, pass);
    if (cross) a = (*cross_join)((*cross)(a, pass), a, *cross_drop, pass);
    return ffn_join(ffn(a, pass), a, ffn_drop, pass);
  });
}

}  // namespace espalier
