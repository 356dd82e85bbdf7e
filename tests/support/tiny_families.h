// A tiny configuration of each family: what tests over all families make their models from.
#pragma once

#include <map>

#include "espalier/base/error.h"
#include "tests/support/tiny_bert.h"

namespace espalier::support {

/// An Error when nobody wrote one.
inline nlohmann::json tiny_family(const std::string& family) {
  static const std::map<std::string, nlohmann::json> kDifferences = {
      {"bert", nlohmann::json::object()},
      {"roberta", {{"type_vocab_size", 1}, {"pad_token_id", 1}}},
      {"electra", {{"embedding_size", 8}}},
      // Three runs of two blocks.
      {"albert", {{"embedding_size", 8}, {"num_hidden_layers", 3}, {"num_hidden_groups", 2}}}};
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
  const auto found = kDifferences.find(family);
  if (found == kDifferences.end()) {
    throw bug_error("the family '{}' has no tiny configuration in tests/support/tiny_families.h", family);
  }
  nlohmann::json config = tiny_config();
  config.update(found->second);
  config["model_type"] = family;
  return config;
}

}  // namespace espalier::support
