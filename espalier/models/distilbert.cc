#include "espalier/models/distilbert.h"

#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

BackboneFacts facts_of(const DistilBertConfig& c) {
  BackboneFacts facts = c.facts();
  facts.head_dense = HeadDense{.activation = Activation::relu, .drop_before = false};
  facts.token_head_drop = c.token_classifier_drop;
  return facts;
}

}  // namespace

DistilBert::DistilBert(Module& model, const DistilBertConfig& c)
    : Backbone(model, facts_of(c)), embed(*this, c), encoder(*this, "encoder") {
  PostNormOptions block = c.block();
  block.attention_drop = 0;
  for (int64_t i = 0; i < c.layers; ++i) encoder.add(block);
}

Tensor DistilBert::encode(const Batch& batch, Pass& pass) { return encoder(embed(batch, pass), pass); }

}  // namespace espalier
