// BERT: embeddings (token + position + segment, norm), then post-norm blocks of self-attention and feed-forward.
// Devlin et al. 2019, 3; names and details as transformers' BertModel.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "espalier/models/backbone.h"
#include "espalier/nn/attention.h"
#include "espalier/nn/embedding.h"
#include "espalier/nn/ffn.h"
#include "espalier/nn/stack.h"

namespace espalier {

struct BertConfig {
  int64_t vocabulary, width, layers, heads, inner, positions, segments;
  double drop, attention_drop, classifier_drop, norm_epsilon, initial_deviation;
  Activation activation;
};

class BertEmbeddings : public Module {
 public:
  BertEmbeddings(Module& parent, const BertConfig& c);
  Tensor operator()(const Batch& batch, Pass& pass) const;  ///< -> [N, D]

  Site site{*this, Unit::embedding};
  Embedding token, position, segment;
  LayerNorm norm;
  Drop drop;
};

class BertBlock : public Module {
 public:
  /// `last`: it may give each example's first row alone, where Pass::first_rows says that no other is read.
  BertBlock(Module& parent, std::string_view name, const BertConfig& c, bool last);
  Tensor operator()(const Tensor& x, Pass& pass) const;  ///< [N, D] -> [N, D], or [B, D]

  Site site{*this, Unit::block};
  Attention attention;
  Drop attention_drop;
  Join attention_join;
  FeedForward ffn;
  Drop ffn_drop;
  Join ffn_join;

 private:
  bool last_;
};

class Bert : public Backbone {
 public:
  Bert(Module& model, const BertConfig& config);
  const NameTable& names() const override;
  Tensor encode(const Batch& batch, Pass& pass) override;
  Tensor pooled(const Tensor& first, Pass& pass) override;  ///< tanh(W x + b)
  Parameter& token_table() override { return embed.token.weight; }

  BertEmbeddings embed;
  Stack<BertBlock> encoder;
  Linear pooler;
};

/// Reads and checks config.json; all problems at once.
BertConfig read_bert_config(const nlohmann::json& config, const std::string& place);

}  // namespace espalier
