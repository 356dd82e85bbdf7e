// ELECTRA: BERT's encoder over embeddings of a width of their own, projected where it differs; a dense layer in the sequence
// head. Clark et al. 2020; names and details as transformers' ElectraModel (discriminator and generator alike).
#pragma once

#include "espalier/models/text_embeddings.h"
#include "espalier/nn/stack.h"

namespace espalier {

class Electra : public Backbone {
 public:
  Electra(Module& model, const EncoderConfig& config);
  const NameTable& names() const override;
  Tensor encode(const Batch& batch, Pass& pass) override;
  Tensor pooled(const Tensor& first, Pass&) override { return first; }
  Parameter& token_table() override { return embed.token.weight; }

  TextEmbeddings embed;
  Stack<PostNormBlock> encoder;
};

/// Reads and checks config.json; all problems at once.
EncoderConfig read_electra_config(const nlohmann::json& config, const std::string& place);

}  // namespace espalier
