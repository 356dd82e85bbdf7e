#include "espalier/models/roberta.h"

#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

BackboneFacts facts_of(const EncoderConfig& c) {
  BackboneFacts facts = c.facts();
  facts.head_dense = HeadDense{.activation = Activation::tanh};
  facts.head_activation = Activation::gelu;  // of the masked-LM head, whatever the blocks have
  return facts;
}

}  // namespace

Roberta::Roberta(Module& model, const EncoderConfig& c)
    : Backbone(model, facts_of(c)), embed(*this, c), encoder(*this, "encoder"), pooler(*this, "pooler", c.width, c.width) {
  for (int64_t i = 0; i < c.layers; ++i) encoder.add(c.block());
}

Tensor Roberta::encode(const Batch& batch, Pass& pass) { return encoder(embed(batch, pass), pass); }

Tensor Roberta::pooled(const Tensor& first, Pass& pass) { return at::tanh(pooler(first, pass)); }

}  // namespace espalier
