// Llama: token embeddings, then pre-norm blocks with root-mean-square norms, rotary positions, keys and values that several heads
// share, and a gated feed-forward, then a norm. Touvron et al. 2023, 2.2; names and details as transformers' LlamaModel.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "espalier/models/backbone.h"
#include "espalier/models/decoder_embeddings.h"
#include "espalier/nn/pre_norm_block.h"
#include "espalier/nn/stack.h"

namespace espalier {

struct LlamaConfig {
  int64_t vocabulary = 0, width = 0, layers = 0, inner = 0, positions = 0;
  int64_t heads = 0, key_heads = 0, head_width = 0;
  double weights_drop = 0;  ///< on the attention weights
  double token_classifier_drop = 0;
  double norm_epsilon = 1e-6, initial_deviation = 0.02, rotary = 10000;
  bool attention_bias = false, ffn_bias = false;
  bool tied = false;  ///< the output layer is the token table
  Activation activation = Activation::silu;

  BackboneFacts facts() const;
  PreNormOptions block() const;
};

class Llama : public Backbone {
 public:
  Llama(Module& model, const LlamaConfig& config);
  const NameTable& names() const override;
  Tensor encode(const Batch& batch, Pass& pass) override;
  Tensor pooled(const Tensor& first, Pass&) override { return first; }
  Parameter& token_table() override { return embed.token.weight; }

  DecoderEmbeddings embed;
  Stack<PreNormBlock> decoder;
};

/// Reads and checks config.json; all problems at once. Scaled rotary positions are refused by name.
LlamaConfig read_llama_config(const nlohmann::json& config, const std::string& place);

}  // namespace espalier
