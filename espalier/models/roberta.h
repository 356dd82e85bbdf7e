// RoBERTa: BERT's encoder with positions counted from padding_idx + 1, one segment, and a dense layer in the sequence head.
// Liu et al. 2019; names and details as transformers' RobertaModel.
#pragma once

#include "espalier/models/text_embeddings.h"
#include "espalier/nn/stack.h"

namespace espalier {

class Roberta : public Backbone {
 public:
  Roberta(Module& model, const EncoderConfig& config);
  const NameTable& names() const override;
  Tensor encode(const Batch& batch, Pass& pass) override;
  Tensor pooled(const Tensor& first, Pass& pass) override;  ///< tanh(W x + b); the family's own heads pass it by
  Parameter& token_table() override { return embed.token.weight; }

  TextEmbeddings embed;
  Stack<PostNormBlock> encoder;
  Linear pooler;
};

/// Reads and checks config.json; all problems at once.
EncoderConfig read_roberta_config(const nlohmann::json& config, const std::string& place);

}  // namespace espalier
