#include "espalier/nn/pre_norm_block.h"

#include "espalier/nn/tensor.h"

namespace espalier {

PreNormBlock::PreNormBlock(Module& parent, std::string_view name, const PreNormOptions& o)
    : Module(parent, name),
      attention(*this, "attention", o.attention),
      attention_drop(attention, "drop", o.drop),
      attention_join(attention),
      cross(o.cross ? std::make_unique<Attention>(*this, "cross", *o.cross) : nullptr),
      cross_drop(cross ? std::make_unique<Drop>(*cross, "drop", o.drop) : nullptr),
      cross_join(cross ? std::make_unique<Residual>(*cross) : nullptr),
      ffn(*this, o.ffn),
      ffn_drop(ffn, "drop", o.drop),
      ffn_join(ffn),
      causal_(o.attention.causal) {}

Tensor PreNormBlock::operator()(const Tensor& x, Pass& pass) const {
  return site.run(x, pass, [&](const Tensor& stream) {
    // What is attached to these places may read all rows; what hangs on single maps takes any.
    const bool first = pass.first_rows && !causal_ && !site.wrapped() && attention.plain() && !ffn.site.wrapped();
    const Tensor kept = first ? stream.index_select(0, pass.frame->first_rows()) : stream;
    const Tensor branch = attention(stream, pass, first ? &kept : nullptr);
    const FrameScope scope(pass, first ? pooled_frame(pass.frame->examples()) : pass.frame);
    Tensor a = attention_join(branch, kept, attention_drop, pass);
    if (cross) a = (*cross_join)((*cross)(a, pass), a, *cross_drop, pass);
    return ffn_join(ffn(a, pass), a, ffn_drop, pass);
  });
}

}  // namespace espalier
