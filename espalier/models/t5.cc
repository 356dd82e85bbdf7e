#include "espalier/models/t5.h"

#include <cmath>

#include "espalier/nn/tensor.h"

namespace espalier {

BackboneFacts T5Config::facts() const {
  return {.width = width,
          .layers = layers + decoder_layers,
          .inner = inner,
          .vocabulary = vocabulary,
          .head_drop = classifier_drop,
          .initial_deviation = initial_factor / std::sqrt(double(width)),
          .norm_epsilon = norm_epsilon,
          .head_activation = activation,
          .head_dense = HeadDense{.activation = Activation::tanh, .last = true},
          .decoder = DecoderFacts{.start = start, .padding = padding},
          .output_scale = scaled_output ? 1 / std::sqrt(double(width)) : 1};
}

SharedEmbeddingsOptions T5Config::embeddings() const { return {.vocabulary = vocabulary, .width = width, .drop = drop}; }

PreNormOptions T5Config::block(bool decoder, bool first) const {
  const NormOptions norm{NormKind::rms, norm_epsilon};
  AttentionOptions attention{
      .width = width, .heads = heads, .drop = drop, .head_width = head_width, .bias = false, .scale = 1, .norm = norm};
  PreNormOptions block{.attention = attention,
                       .ffn = {.width = width,
                               .inner = inner,
                               .activation = activation,
                               .gated = gated,
                               .bias = false,
                               .norm = norm,
                               .inner_drop = drop},
                       .drop = drop};
  block.attention.causal = decoder;
  block.attention.biased = true;
  if (first) block.attention.relative = RelativeOptions{buckets, max_distance, !decoder};
  if (decoder) {
    attention.cross = true;
    block.cross = attention;
  }
  return block;
}

T5::T5(Module& model, const T5Config& c)
    : EncoderDecoder(model, c.facts()),
      embed(*this, c.embeddings()),
      encoder(*this, "encoder"),
      decoder(*this, "decoder"),
      target_embed(decoder, c.embeddings(), embed.token.get()),
      config_(c),
      names_(t5_names(c)) {
  for (int64_t i = 0; i < c.layers; ++i) encoder.add(c.block(false, i == 0));
  for (int64_t i = 0; i < c.decoder_layers; ++i) decoder.add(c.block(true, i == 0));
  encoder.end_with(c.width, {NormKind::rms, c.norm_epsilon}, c.drop);
  decoder.end_with(c.width, {NormKind::rms, c.norm_epsilon}, c.drop);
}

Tensor T5::read(const Tensor& ids, Pass& pass) {
  SharedBias bias(pass, *encoder[0].attention.relative);
  return encoder(embed(ids, pass), pass);
}

Tensor T5::write(const Tensor& ids, Pass& pass) {
  SharedBias bias(pass, *decoder[0].attention.relative);
  return decoder(target_embed(ids, pass), pass);
}

// Mesh TensorFlow's: so that scores without a scale and an output layer that is the token table begin near 1.
double T5::initial_deviation(const Parameter& parameter) const {
  const std::string& path = parameter.path();
  const auto is = [&](std::string_view part) { return path.ends_with(std::string(part) + ".weight"); };
  const auto one_by_root = [&](int64_t numbers) { return config_.initial_factor / std::sqrt(double(numbers)); };
  if (is("embed.token") || is("vocabulary")) return config_.initial_factor;
  if (is("query")) return one_by_root(config_.width * config_.head_width);
  if (is("output")) return one_by_root(config_.heads * config_.head_width);
  if (is("ffn.down")) return one_by_root(config_.inner);
  return one_by_root(config_.width);
}

}  // namespace espalier
