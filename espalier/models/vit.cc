#include "espalier/models/vit.h"

#include "espalier/base/error.h"
#include "espalier/nn/tensor.h"

namespace espalier {

BackboneFacts VitConfig::facts() const {
  return {.width = width,
          .layers = layers,
          .inner = inner,
          .pictures = pictures,
          .initial_deviation = initial_deviation,
          .norm_epsilon = norm_epsilon,
          .own_pooling = Pooling::first};
}

PreNormOptions VitConfig::block() const {
  const NormOptions norm{NormKind::layer, norm_epsilon};
  return {
      .attention = {.width = width, .heads = heads, .drop = weights_drop, .bias = query_bias, .output_bias = true, .norm = norm},
      .ffn = {.width = width, .inner = inner, .activation = activation, .norm = norm},
      .drop = drop};
}

Vit::Vit(Module& model, const VitConfig& c)
    : Backbone(model, c.facts()),
      embed(*this, c.pictures, c.width, c.drop),
      encoder(*this, "encoder"),
      pooler(*this, "pooler", c.width, c.width),
      names_(vit_names(c)),
      pooler_activation_(c.pooler_activation) {
  for (int64_t i = 0; i < c.layers; ++i) encoder.add(c.block());
  encoder.end_with(c.width, {NormKind::layer, c.norm_epsilon});
}

Tensor Vit::encode(const Batch& batch, Pass& pass) { return encoder(embed(batch, pass), pass); }

Tensor Vit::pooled(const Tensor& first, Pass& pass) { return op::activate(pooler(first, pass), pooler_activation_, pass); }

Parameter& Vit::token_table() {
  throw unsupported_error("a model of pictures has no vocabulary").hint("choose rows of another kind");
}

}  // namespace espalier
