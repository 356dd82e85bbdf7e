// ViT and DeiT: rows of a picture's patches behind a class token (DeiT: and a distillation token), pre-norm blocks, a norm.
// Dosovitskiy et al. 2021, 3.1; Touvron et al. 2021, 4; names and details as transformers' ViTModel and DeiTModel.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "espalier/models/picture_embeddings.h"
#include "espalier/nn/pre_norm_block.h"
#include "espalier/nn/stack.h"

namespace espalier {

struct VitConfig {
  PictureFacts pictures;
  int64_t width = 0, layers = 0, heads = 0, inner = 0;
  double drop = 0, weights_drop = 0;  ///< after the embeddings and on both branches; on the attention weights
  double norm_epsilon = 1e-12, initial_deviation = 0.02;
  Activation activation = Activation::gelu, pooler_activation = Activation::tanh;
  bool query_bias = true;  ///< and of key and value

  BackboneFacts facts() const;
  PreNormOptions block() const;
};

class Vit : public Backbone {
 public:
  Vit(Module& model, const VitConfig& config);
  const NameTable& names() const override { return names_; }
  std::shared_ptr<const Frame> frame_of(const Batch& batch) const override { return embed.frame_of(batch); }
  Tensor encode(const Batch& batch, Pass& pass) override;
  Tensor pooled(const Tensor& first, Pass& pass) override;  ///< act(W x + b); the family's own heads pass it by
  Parameter& token_table() override;                        ///< an unsupported Error

  PictureEmbeddings embed;
  Stack<PreNormBlock> encoder;
  Linear pooler;

 private:
  NameTable names_;
  Activation pooler_activation_;
};

/// Reads and checks config.json; all problems at once.
VitConfig read_vit_config(const nlohmann::json& config, const std::string& place);
VitConfig read_deit_config(const nlohmann::json& config, const std::string& place);
NameTable vit_names(const VitConfig& config);

}  // namespace espalier
