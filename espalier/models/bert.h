// BERT: embeddings (token + position + segment, norm), then post-norm blocks of self-attention and feed-forward.
// Devlin et al. 2019, 3; names and details as transformers' BertModel.
#pragma once

#include "espalier/models/text_embeddings.h"
#include "espalier/nn/stack.h"

namespace espalier {

class Bert : public Backbone {
 public:
  Bert(Module& model, const EncoderConfig& config);
  const NameTable& names() const override;
  Tensor encode(const Batch& batch, Pass& pass) override;
  Tensor pooled(const Tensor& first, Pass& pass) override;  ///< tanh(W x + b)
  Parameter& token_table() override { return embed.token.weight; }

  TextEmbeddings embed;
  Stack<PostNormBlock> encoder;
  Linear pooler;
};

/// Reads and checks config.json; all problems at once.
EncoderConfig read_bert_config(const nlohmann::json& config, const std::string& place);
/// BERT's names of embeddings and blocks, which RoBERTa and ELECTRA share.
std::vector<NameRule> bert_body_rules();

}  // namespace espalier
