#include "espalier/models/llama.h"

#include "espalier/nn/tensor.h"

namespace espalier {

BackboneFacts LlamaConfig::facts() const {
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

PreNormOptions LlamaConfig::block() const {
  const NormOptions norm{NormKind::rms, norm_epsilon};
  return {.attention = {.width = width,
                        .heads = heads,
                        .drop = weights_drop,
                        .head_width = head_width,
                        .key_heads = key_heads,
                        .causal = true,
                        .bias = attention_bias,
                        .rotary = rotary,
                        .norm = norm},
          .ffn = {.width = width, .inner = inner, .activation = activation, .gated = true, .bias = ffn_bias, .norm = norm}};
}

Llama::Llama(Module& model, const LlamaConfig& c)
    : Backbone(model, c.facts()), embed(*this, c.vocabulary, 0, c.width, 0), decoder(*this, "decoder") {
  for (int64_t i = 0; i < c.layers; ++i) decoder.add(c.block());
  decoder.end_with(c.width, {NormKind::rms, c.norm_epsilon});
}

Tensor Llama::encode(const Batch& batch, Pass& pass) {
  pass.first_rows = false;  // one query an example would have to hide keys
  return decoder(embed(batch, pass), pass);
}

}  // namespace espalier
