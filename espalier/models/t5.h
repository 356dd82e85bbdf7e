// T5: an encoder and a decoder of pre-norm blocks without biases: norms by the root mean square, scores without a scale to which
// a number by distance is added (one table a stack, at its first block), feed-forward gated since v1.1. Raffel et al. 2020, 2.1;
// Shazeer 2020; names and details as transformers' T5Model.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "espalier/models/encoder_decoder.h"
#include "espalier/models/shared_embeddings.h"
#include "espalier/nn/pre_norm_block.h"
#include "espalier/nn/stack.h"

namespace espalier {

struct T5Config {
  int64_t vocabulary = 0, width = 0, heads = 0, head_width = 0, inner = 0;
  int64_t layers = 0, decoder_layers = 0;
  int64_t buckets = 32, max_distance = 128;
  double drop = 0, classifier_drop = 0;
  double norm_epsilon = 1e-6;
  double initial_factor = 1;
  Activation activation = Activation::relu;
  bool gated = false;
  bool scaled_output = true;  ///< the decoder's rows by 1/√D before the output layer
  int64_t start = 0, padding = 0;

  BackboneFacts facts() const;
  SharedEmbeddingsOptions embeddings() const;
  /// `first`: it owns the table of its stack.
  PreNormOptions block(bool decoder, bool first) const;
};

class T5 : public EncoderDecoder {
 public:
  T5(Module& model, const T5Config& config);
  const NameTable& names() const override { return names_; }
  Parameter& token_table() override { return embed.token->weight; }
  double initial_deviation(const Parameter& parameter) const override;

  SharedEmbeddings embed;
  Stack<PreNormBlock> encoder, decoder;
  SharedEmbeddings target_embed;  ///< at decoder.embed

 protected:
  Tensor read(const Tensor& ids, Pass& pass) override;
  Tensor write(const Tensor& ids, Pass& pass) override;

 private:
  T5Config config_;
  NameTable names_;
};

/// Reads and checks config.json; all problems at once.
T5Config read_t5_config(const nlohmann::json& config, const std::string& place);
NameTable t5_names(const T5Config& config);

}  // namespace espalier
