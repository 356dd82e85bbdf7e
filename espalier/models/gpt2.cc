#include "espalier/models/gpt2.h"

#include <cmath>

#include "espalier/nn/tensor.h"

namespace espalier {

BackboneFacts Gpt2Config::facts() const {
  return {.width = width,
          .layers = layers,
          .inner = inner,
          .positions = positions,
          .vocabulary = vocabulary,
          .token_head_drop = token_classifier_drop,
          .initial_deviation = initial_deviation,
          .norm_epsilon = norm_epsilon,
          .head_activation = activation,
          .own_pooling = Pooling::last,
          .causal = true,
          .sequence_bias = false,
          .tied_output = tied};
}

PreNormOptions Gpt2Config::block(int64_t layer) const {
  const NormOptions norm{NormKind::layer, norm_epsilon};
  const double scale = (scaled ? 1 / std::sqrt(double(width / heads)) : 1) / double(scaled_by_layer ? layer + 1 : 1);
  return {.attention = {.width = width,
                        .heads = heads,
                        .drop = weights_drop,
                        .causal = true,
                        .scale = scaled && !scaled_by_layer ? 0 : scale,
                        .norm = norm},
          .ffn = {.width = width, .inner = inner, .activation = activation, .norm = norm},
          .drop = drop};
}

Gpt2::Gpt2(Module& model, const Gpt2Config& c)
    : Backbone(model, c.facts()), embed(*this, c.vocabulary, c.positions, c.width, c.embedding_drop), decoder(*this, "decoder") {
  for (int64_t i = 0; i < c.layers; ++i) decoder.add(c.block(i));
  decoder.end_with(c.width, {NormKind::layer, c.norm_epsilon});
}

Tensor Gpt2::encode(const Batch& batch, Pass& pass) {
  pass.first_rows = false;  // one query an example would have to hide keys
  return decoder(embed(batch, pass), pass);
}

}  // namespace espalier
