#include "espalier/models/text_embeddings.h"

#include "espalier/nn/tensor.h"

namespace espalier {

TextEmbeddings::TextEmbeddings(Module& parent, const EncoderConfig& c, bool projected)
    : Module(parent, "embed"),
      token(*this, "token", c.vocabulary, c.embedding_width),
      position(*this, "position", c.positions, c.embedding_width),
      segment(c.segments > 0 ? std::make_unique<Embedding>(*this, "segment", c.segments, c.embedding_width) : nullptr),
      norm(*this, "norm", c.embedding_width, c.norm_epsilon),
      drop(*this, "drop", c.drop),
      project(projected ? std::make_unique<Linear>(*this, "project", c.embedding_width, c.width) : nullptr),
      first_position_(c.first_position) {}

Tensor TextEmbeddings::operator()(const Batch& batch, Pass& pass) const {
  return site.run(batch.ids, pass, [&](const Tensor& ids) {
    const Tensor& places = pass.frame->positions;
    Tensor sum = token(ids, pass);
    if (segment) sum = sum + (*segment)(segment->weight.shape()[0] > 1 ? batch.segments : at::zeros_like(ids), pass);
    sum = sum + position(first_position_ == 0 ? places : places + first_position_, pass);
    const Tensor y = drop(norm(sum, pass), pass);
    return project ? (*project)(y, pass) : y;
  });
}

}  // namespace espalier
