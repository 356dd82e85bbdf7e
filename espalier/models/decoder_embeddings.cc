#include "espalier/models/decoder_embeddings.h"

#include "espalier/nn/tensor.h"

namespace espalier {

DecoderEmbeddings::DecoderEmbeddings(Module& parent, int64_t vocabulary, int64_t positions, int64_t width, double dropped)
    : Module(parent, "embed"),
      token(*this, "token", vocabulary, width),
      position(positions > 0 ? std::make_unique<Embedding>(*this, "position", positions, width) : nullptr),
      drop(*this, "drop", dropped) {}

Tensor DecoderEmbeddings::operator()(const Batch& batch, Pass& pass) const {
  return site.run(batch.ids, pass, [&](const Tensor& ids) {
    const Tensor rows = token(ids, pass);
    return drop(position ? rows + (*position)(pass.frame->positions, pass) : rows, pass);
  });
}

}  // namespace espalier
