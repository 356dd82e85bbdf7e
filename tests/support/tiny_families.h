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
