#include "espalier/models/bert.h"

#include "espalier/nn/tensor.h"

namespace espalier {

BertEmbeddings::BertEmbeddings(Module& parent, const BertConfig& c)
    : Module(parent, "embed"),
      token(*this, "token", c.vocabulary, c.width),
      position(*this, "position", c.positions, c.width),
      segment(*this, "segment", c.segments, c.width),
      norm(*this, "norm", c.width, c.norm_epsilon),
      drop(*this, "drop", c.drop) {}

Tensor BertEmbeddings::operator()(const Batch& batch, Pass& pass) const {
  return site.run(batch.ids, pass, [&](const Tensor& ids) {
    const Tensor sum = token(ids, pass) + segment(batch.segments, pass) + position(pass.frame->positions, pass);
    return drop(norm(sum, pass), pass);
  });
}

BertBlock::BertBlock(Module& parent, std::string_view name, const BertConfig& c, bool last)
    : Module(parent, name),
      attention(*this, "attention", c.width, c.heads, c.attention_drop),
      attention_drop(attention, "drop", c.drop),
      attention_join(attention, c.width, c.norm_epsilon),
      ffn(*this, c.width, c.inner, c.activation),
      ffn_drop(ffn, "drop", c.drop),
      ffn_join(ffn, c.width, c.norm_epsilon),
      last_(last) {}

Tensor BertBlock::operator()(const Tensor& x, Pass& pass) const {
  return site.run(x, pass, [&](const Tensor& stream) {
    // What is attached to these places may read all rows; what hangs on single maps takes any.
    const bool first = last_ && pass.first_rows && !site.wrapped() && attention.plain() && !ffn.site.wrapped();
    const Tensor kept = first ? stream.index_select(0, pass.frame->first_rows()) : stream;
    const Tensor branch = attention(stream, pass, first ? &kept : nullptr);
    const FrameScope scope(pass, first ? pooled_frame(pass.frame->examples()) : pass.frame);
    const Tensor a = attention_join(branch, kept, attention_drop, pass);
    return ffn_join(ffn(a, pass), a, ffn_drop, pass);
  });
}

Bert::Bert(Module& model, const BertConfig& c)
    : Backbone(model, {.width = c.width,
                       .positions = c.positions,
                       .vocabulary = c.vocabulary,
                       .segments = c.segments,
                       .head_drop = c.classifier_drop,
                       .initial_deviation = c.initial_deviation,
                       .norm_epsilon = c.norm_epsilon,
                       .head_activation = c.activation,
                       .own_pooling = Pooling::pooler}),
      embed(*this, c),
      encoder(*this, "encoder"),
      pooler(*this, "pooler", c.width, c.width) {
  for (int64_t i = 0; i < c.layers; ++i) encoder.add(c, i + 1 == c.layers);
}

Tensor Bert::encode(const Batch& batch, Pass& pass) {
  pass.first_rows = pass.first_rows && !encoder.site.wrapped();
  return encoder(embed(batch, pass), pass);
}

Tensor Bert::pooled(const Tensor& first, Pass& pass) { return at::tanh(pooler(first, pass)); }

}  // namespace espalier
