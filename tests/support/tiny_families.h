// A tiny configuration of each family: what tests over all families make their models from.
#pragma once

#include "espalier/base/error.h"
#include "tests/support/tiny_bert.h"

namespace espalier::support {

/// An Error when nobody wrote one.
inline nlohmann::json tiny_family(const std::string& family) {
  if (family == "distilbert") {
    return {{"model_type", family},
            {"vocab_size", 30},
            {"dim", 12},
            {"n_layers", 2},
            {"n_heads", 3},
            {"hidden_dim", 25},
            {"max_position_embeddings", 16},
            {"activation", "gelu"},
            {"dropout", 0.1},
            {"attention_dropout", 0.1},
            {"initializer_range", 0.3}};
  }
  if (family == "t5") {
    return {{"model_type", family},
            {"vocab_size", 30},
            {"d_model", 12},
            {"num_heads", 3},
            {"d_kv", 4},
            {"d_ff", 25},
            {"num_layers", 2},
            {"relative_attention_num_buckets", 6},
            {"relative_attention_max_distance", 8},
            {"feed_forward_proj", "gated-gelu"},
            {"dropout_rate", 0.1},
            {"decoder_start_token_id", 0},
            {"pad_token_id", 0},
            {"eos_token_id", 1}};
  }
  if (family == "bart" || family == "mbart") {
    return {{"model_type", family},
            {"vocab_size", 30},
            {"d_model", 12},
            {"encoder_attention_heads", 3},
            {"decoder_attention_heads", 3},
            {"encoder_ffn_dim", 25},
            {"decoder_ffn_dim", 25},
            {"encoder_layers", 2},
            {"decoder_layers", 2},
            {"max_position_embeddings", 16},
            {"dropout", 0.1},
            {"attention_dropout", 0.1},
            {"init_std", 0.3},
            {"pad_token_id", 1},
            {"eos_token_id", 2}};
  }
  if (family == "gpt2") {
    return {{"model_type", family},
            {"vocab_size", 30},
            {"n_embd", 12},
            {"n_layer", 2},
            {"n_head", 3},
            {"n_inner", 25},
            {"n_positions", 16},
            {"embd_pdrop", 0.1},
            {"attn_pdrop", 0.1},
            {"resid_pdrop", 0.1},
            {"bos_token_id", 29},
            {"eos_token_id", 29},
            {"initializer_range", 0.3}};
  }
  if (family == "llama") {  // biases, so that every method finds its places
    return {{"model_type", family},        {"vocab_size", 30},         {"hidden_size", 24},       {"num_hidden_layers", 2},
            {"num_attention_heads", 4},    {"num_key_value_heads", 2}, {"intermediate_size", 25}, {"max_position_embeddings", 16},
            {"attention_dropout", 0.1},    {"attention_bias", true},   {"bos_token_id", 1},       {"eos_token_id", 2},
            {"tie_word_embeddings", true}, {"initializer_range", 0.3}};
  }
  if (family == "vit" || family == "deit") {
    return {{"model_type", family},
            {"hidden_size", 12},
            {"num_hidden_layers", 2},
            {"num_attention_heads", 3},
            {"intermediate_size", 25},
            {"image_size", 8},
            {"patch_size", 4},
            {"num_channels", 3},
            {"hidden_act", "gelu"},
            {"hidden_dropout_prob", 0.1},
            {"attention_probs_dropout_prob", 0.1},
            {"initializer_range", 0.3}};
  }
  nlohmann::json config = tiny_config();
  config["model_type"] = family;
  if (family == "bert") return config;
  if (family == "roberta") {
    config["type_vocab_size"] = config["pad_token_id"] = 1;
    return config;
  }
  if (family == "electra" || family == "albert") config["embedding_size"] = 8;
  if (family == "electra") return config;
  if (family == "albert") {  // three runs of two blocks
    config["num_hidden_layers"] = 3;
    config["num_hidden_groups"] = 2;
    return config;
  }
  throw bug_error("the family '{}' has no tiny configuration in tests/support/tiny_families.h", family);
}

}  // namespace espalier::support
