// EncoderConfig: what the config.json of BERT and its relatives says, and what is made from it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "espalier/base/error.h"
#include "espalier/models/backbone.h"
#include "espalier/nn/post_norm_block.h"

namespace espalier {

struct EncoderConfig {
  int64_t vocabulary = 0, width = 0, layers = 0, heads = 0, inner = 0;
  int64_t positions = 0;        ///< rows of the position table
  int64_t first_position = 0;   ///< the row of an example's first piece
  int64_t segments = 0;         ///< token types; 0 = the family has none
  int64_t embedding_width = 0;  ///< of the embedding tables
  double drop = 0;              ///< after the embeddings and on both branches
  double attention_drop = 0;    ///< on the attention weights
  double classifier_drop = 0;
  double norm_epsilon = 1e-12, initial_deviation = 0.02;
  Activation activation = Activation::gelu;

  BackboneFacts facts() const;
  PostNormOptions block() const;
};

/// Reads members of a config.json and remembers what is wrong with their values, so that all of it is said at once.
class ConfigReader {
 public:
  ConfigReader(const nlohmann::json& json, std::string place) : json_(json), place_(std::move(place)) {}
  int64_t extent(const char* key, std::optional<int64_t> fallback = {});  ///< at least 1
  int64_t index(const char* key, int64_t fallback);                       ///< at least 0
  /// [height, width], or one number for both.
  std::pair<int64_t, int64_t> extents(const char* key, int64_t fallback);
  double share(const char* key, double fallback);  ///< 0 to below 1
  double number(const char* key, double fallback);
  bool flag(const char* key, bool fallback);
  std::string text(const char* key, const std::string& fallback);
  Activation activation(const char* key, const std::string& fallback);
  void expect(bool good, const std::string& otherwise);
  /// Ends with a data Error where anything was wrong. `what`: "a BERT".
  void raise(const std::string& what);

 private:
  const nlohmann::json& json_;
  std::string place_;
  Problems problems_;
};

/// The members that BERT, RoBERTa, ELECTRA and ALBERT have in common, under BERT's names. `drop`, `activation`: where the file
/// does not say.
EncoderConfig read_encoder(ConfigReader& reader, double drop = 0.1, const std::string& activation = "gelu");

}  // namespace espalier
