// ALBERT: BERT's encoder with narrow embeddings projected to the stream, and few blocks that run many times.
// Lan et al. 2020, 3.1; names and details as transformers' AlbertModel.
#pragma once

#include "espalier/models/text_embeddings.h"
#include "espalier/nn/stack.h"

namespace espalier {

struct AlbertConfig : EncoderConfig {
  int64_t groups = 1;        ///< sets of blocks; `layers` counts the runs of a set
  int64_t inner_groups = 1;  ///< blocks of a set, run one after the other
};

/// A block has one path however often it runs: block j of group g is encoder.<g · inner_groups + j>. Its draws of dropout differ
/// from run to run.
class Albert : public Backbone {
 public:
  Albert(Module& model, const AlbertConfig& config);
  const NameTable& names() const override { return names_; }
  Tensor encode(const Batch& batch, Pass& pass) override;
  Tensor pooled(const Tensor& first, Pass& pass) override;  ///< tanh(W x + b)
  Parameter& token_table() override { return embed.token.weight; }

  TextEmbeddings embed;
  Stack<PostNormBlock> encoder;
  Linear pooler;

 private:
  NameTable names_;
};

/// Reads and checks config.json; all problems at once.
AlbertConfig read_albert_config(const nlohmann::json& config, const std::string& place);
NameTable albert_names(const AlbertConfig& config);

}  // namespace espalier
