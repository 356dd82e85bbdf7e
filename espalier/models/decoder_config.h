// What the configurations of GPT-2 and Llama have in common.
#pragma once

#include "espalier/models/backbone.h"
#include "espalier/nn/activation.h"

namespace espalier {

struct DecoderConfig {
  int64_t vocabulary = 0, width = 0, layers = 0, heads = 0, inner = 0, positions = 0;
  double weights_drop = 0;  ///< on the attention weights
  double token_classifier_drop = 0;
  double norm_epsilon = 0, initial_deviation = 0;
  Activation activation = Activation::gelu;
  bool tied = false;  ///< the output layer is the token table

  BackboneFacts facts() const;
};

}  // namespace espalier
