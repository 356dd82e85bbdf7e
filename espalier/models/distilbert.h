// DistilBERT: BERT's encoder without segments and pooler; no dropout behind attention; a dense layer in the sequence head.
// Sanh et al. 2019; names and details as transformers' DistilBertModel.
#pragma once

#include "espalier/models/text_embeddings.h"
#include "espalier/nn/stack.h"

namespace espalier {

struct DistilBertConfig : EncoderConfig {
  double token_classifier_drop = 0;
};

class DistilBert : public Backbone {
 public:
  DistilBert(Module& model, const DistilBertConfig& config);
  const NameTable& names() const override;
  Tensor encode(const Batch& batch, Pass& pass) override;
  Tensor pooled(const Tensor& first, Pass&) override { return first; }
  Parameter& token_table() override { return embed.token.weight; }

  TextEmbeddings embed;
  Stack<PostNormBlock> encoder;
};

/// Reads and checks config.json; all problems at once.
DistilBertConfig read_distilbert_config(const nlohmann::json& config, const std::string& place);

}  // namespace espalier
