#include "espalier/models/bart.h"

#include <cmath>

#include "espalier/nn/tensor.h"

namespace espalier {
namespace {

constexpr double kEpsilon = 1e-5;
constexpr NormOptions kNorm{NormKind::layer, kEpsilon};
constexpr int64_t kFirstPosition = 2;  // whatever the padding's id

void describe(const BartConfig& c, const BartStack& stack, bool decoder, PostNormOptions& block) {
  block = {.width = c.width,
           .heads = stack.heads,
           .inner = stack.inner,
           .weights_drop = c.weights_drop,
           .attention_drop = c.drop,
           .ffn_drop = c.drop,
           .norm_epsilon = kEpsilon,
           .activation = c.activation,
           .inner_drop = c.inner_drop,
           .decoder = decoder};
}

void describe(const BartConfig& c, const BartStack& stack, bool decoder, PreNormOptions& block) {
  AttentionOptions attention{.width = c.width, .heads = stack.heads, .drop = c.weights_drop, .norm = kNorm};
  if (decoder) {
    attention.cross = true;
    block.cross = attention;
  }
  attention.cross = false;
  attention.causal = decoder;
  block.attention = attention;
  block.ffn = {.width = c.width, .inner = stack.inner, .activation = c.activation, .norm = kNorm, .inner_drop = c.inner_drop};
  block.drop = c.drop;
}

template <class Block>
struct OptionsOf;
template <>
struct OptionsOf<PostNormBlock> {
  using type = PostNormOptions;
};
template <>
struct OptionsOf<PreNormBlock> {
  using type = PreNormOptions;
};

}  // namespace

BackboneFacts BartConfig::facts() const {
  return {.width = width,
          .layers = encoder.layers + decoder.layers,
          .inner = encoder.inner,
          .positions = positions,
          .vocabulary = vocabulary,
          .head_drop = classifier_drop,
          .initial_deviation = initial_deviation,
          .norm_epsilon = kEpsilon,
          .head_activation = activation,
          .head_dense = HeadDense{.activation = Activation::tanh, .last = true},
          .decoder = DecoderFacts{.start = start, .padding = padding},
          .output_bias = true};
}

SharedEmbeddingsOptions BartConfig::embeddings() const {
  return {.vocabulary = vocabulary,
          .width = width,
          .positions = positions + kFirstPosition,
          .first_position = kFirstPosition,
          .scale = scaled_embedding ? std::sqrt(double(width)) : 1,
          .norm = kNorm,
          .drop = drop};
}

template <class Block>
BartNetwork<Block>::BartNetwork(Module& model, const BartConfig& c)
    : EncoderDecoder(model, c.facts()),
      embed(*this, c.embeddings()),
      encoder(*this, "encoder"),
      decoder(*this, "decoder"),
      target_embed(decoder, c.embeddings(), embed.token.get()),
      names_(bart_names(c)) {
  typename OptionsOf<Block>::type reading, writing;
  describe(c, c.encoder, false, reading);
  describe(c, c.decoder, true, writing);
  for (int64_t i = 0; i < c.encoder.layers; ++i) encoder.add(reading);
  for (int64_t i = 0; i < c.decoder.layers; ++i) decoder.add(writing);
  if (!c.pre_norm) return;
  encoder.end_with(c.width, kNorm);
  decoder.end_with(c.width, kNorm);
}

template class BartNetwork<PostNormBlock>;
template class BartNetwork<PreNormBlock>;

}  // namespace espalier
