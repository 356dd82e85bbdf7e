// BART: an encoder and a decoder of post-norm blocks over learned positions, their embeddings normed; mBART: of pre-norm blocks,
// with a norm behind each stack. Lewis et al. 2020, 2.1; Liu et al. 2020, 2.2; names and details as transformers' BartModel,
// MBartModel.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "espalier/models/encoder_decoder.h"
#include "espalier/models/shared_embeddings.h"
#include "espalier/nn/post_norm_block.h"
#include "espalier/nn/pre_norm_block.h"
#include "espalier/nn/stack.h"

namespace espalier {

struct BartStack {
  int64_t layers = 0, heads = 0, inner = 0;
};

struct BartConfig {
  int64_t vocabulary = 0, width = 0;
  int64_t positions = 0;  ///< the longest text
  BartStack encoder, decoder;
  double drop = 0, weights_drop = 0, inner_drop = 0;  ///< on branches and embeddings, on attention weights, inside feed-forward
  double classifier_drop = 0, initial_deviation = 0.02;
  Activation activation = Activation::gelu;
  bool pre_norm = false;              ///< mBART
  bool scaled_embedding = false;      ///< token rows by √D
  std::optional<int64_t> start = {};  ///< absent: a text starts with its last piece, mBART's name of a language
  int64_t padding = 1;

  BackboneFacts facts() const;
  SharedEmbeddingsOptions embeddings() const;
};

/// Block: PostNormBlock or PreNormBlock.
template <class Block>
class BartNetwork : public EncoderDecoder {
 public:
  BartNetwork(Module& model, const BartConfig& config);
  const NameTable& names() const override { return names_; }
  Parameter& token_table() override { return embed.token->weight; }

  SharedEmbeddings embed;
  Stack<Block> encoder, decoder;
  SharedEmbeddings target_embed;  ///< at decoder.embed

 protected:
  Tensor read(const Tensor& ids, Pass& pass) override { return encoder(embed(ids, pass), pass); }
  Tensor write(const Tensor& ids, Pass& pass) override { return decoder(target_embed(ids, pass), pass); }

 private:
  NameTable names_;
};
using Bart = BartNetwork<PostNormBlock>;
using MBart = BartNetwork<PreNormBlock>;

/// Reads and checks config.json; all problems at once.
BartConfig read_bart_config(const nlohmann::json& config, const std::string& place);
BartConfig read_mbart_config(const nlohmann::json& config, const std::string& place);
NameTable bart_names(const BartConfig& config);

}  // namespace espalier
