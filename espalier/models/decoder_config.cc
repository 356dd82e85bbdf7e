#include "espalier/models/decoder_config.h"

namespace espalier {

BackboneFacts DecoderConfig::facts() const {
  return {.width = width,
          .layers = layers,
          .inner = inner,
          .positions = positions,
          .vocabulary = vocabulary,
          .token_head_drop = token_classifier_drop,
          .initial_deviation = initial_deviation,
          .norm_epsilon = norm_epsilon,
          .head_activation = activation,
          .own_pooling = Pooling::last,
          .causal = true,
          .sequence_bias = false,
          .tied_output = tied};
}

}  // namespace espalier
