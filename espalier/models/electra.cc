#include "espalier/models/electra.h"

#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

BackboneFacts facts_of(const EncoderConfig& c) {
  BackboneFacts facts = c.facts();
  facts.head_dense = HeadDense{.activation = Activation::gelu};
  facts.head_activation = Activation::gelu;  // of the generator's head, whatever the blocks have
  return facts;
}

}  // namespace

Electra::Electra(Module& model, const EncoderConfig& c)
    : Backbone(model, facts_of(c)), embed(*this, c, c.embedding_width != c.width), encoder(*this, "encoder") {
  for (int64_t i = 0; i < c.layers; ++i) encoder.add(c.block());
}

Tensor Electra::encode(const Batch& batch, Pass& pass) { return encoder(embed(batch, pass), pass); }

}  // namespace espalier
