// GPT-2: embeddings (token + position), then pre-norm blocks of causal self-attention and feed-forward, then a norm.
// Radford et al. 2019, 2.3; names and details as transformers' GPT2Model.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "espalier/models/backbone.h"
#include "espalier/models/decoder_embeddings.h"
#include "espalier/nn/pre_norm_block.h"
#include "espalier/nn/stack.h"

namespace espalier {

struct Gpt2Config {
  int64_t vocabulary = 0, width = 0, layers = 0, heads = 0, inner = 0, positions = 0;
  double embedding_drop = 0, weights_drop = 0, drop = 0;  ///< after the embeddings, on the attention weights, on both branches
  double token_classifier_drop = 0;
  double norm_epsilon = 1e-5, initial_deviation = 0.02;
  Activation activation = Activation::gelu_tanh;
  bool scaled = true;            ///< products of queries and keys by 1 / √dh
  bool scaled_by_layer = false;  ///< and of block i by 1 / (i + 1) more
  bool tied = true;              ///< the output layer is the token table

  BackboneFacts facts() const;
  PreNormOptions block(int64_t layer) const;
};

class Gpt2 : public Backbone {
 public:
  Gpt2(Module& model, const Gpt2Config& config);
  const NameTable& names() const override;
  Tensor encode(const Batch& batch, Pass& pass) override;
  Tensor pooled(const Tensor& first, Pass&) override { return first; }
  Parameter& token_table() override { return embed.token.weight; }

  DecoderEmbeddings embed;
  Stack<PreNormBlock> decoder;
};

/// Reads and checks config.json; all problems at once.
Gpt2Config read_gpt2_config(const nlohmann::json& config, const std::string& place);

}  // namespace espalier
