#include "espalier/nn/post_norm_block.h"

#include "espalier/nn/tensor.h"

namespace espalier {

PostNormBlock::PostNormBlock(Module& parent, std::string_view name, const PostNormOptions& o)
    : Module(parent, name),
      attention(*this, "attention", o.width, o.heads, o.weights_drop),
      attention_drop(attention, "drop", o.attention_drop),
      attention_join(attention, o.width, o.norm_epsilon),
      ffn(*this, o.width, o.inner, o.activation),
      ffn_drop(ffn, "drop", o.ffn_drop),
      ffn_join(ffn, o.width, o.norm_epsilon) {}

Tensor PostNormBlock::operator()(const Tensor& x, Pass& pass) const {
  return site.run(x, pass, [&](const Tensor& stream) {
    // What is attached to these places may read all rows; what hangs on single maps takes any.
    const bool first = pass.first_rows && !site.wrapped() && attention.plain() && !ffn.site.wrapped();
    const Tensor kept = first ? stream.index_select(0, pass.frame->first_rows()) : stream;
    const Tensor branch = attention(stream, pass, first ? &kept : nullptr);
    const FrameScope scope(pass, first ? pooled_frame(pass.frame->examples()) : pass.frame);
    const Tensor a = attention_join(branch, kept, attention_drop, pass);
    return ffn_join(ffn(a, pass), a, ffn_drop, pass);
  });
}

}  // namespace espalier
