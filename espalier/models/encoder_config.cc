#include "espalier/models/encoder_config.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "espalier/base/text.h"
#include "espalier/io/json.h"

namespace espalier {

BackboneFacts EncoderConfig::facts() const {
  return {.width = width,
          .layers = layers,
          .inner = inner,
          .positions = positions - first_position,
          .vocabulary = vocabulary,
          .segments = std::max<int64_t>(1, segments),
          .head_drop = classifier_drop,
          .initial_deviation = initial_deviation,
          .norm_epsilon = norm_epsilon,
          .head_activation = activation};
}

PostNormOptions EncoderConfig::block() const {
  return {.width = width,
          .heads = heads,
          .inner = inner,
          .weights_drop = attention_drop,
          .attention_drop = drop,
          .ffn_drop = drop,
          .norm_epsilon = norm_epsilon,
          .activation = activation};
}

int64_t ConfigReader::extent(const char* key, std::optional<int64_t> fallback) {
  const int64_t value = fallback ? json_int(json_, key, place_, *fallback) : json_int(json_, key, place_);
  expect(value >= 1 && value <= (int64_t{1} << 31), fmt::format("\"{}\" is {}; expected at least 1", key, value));
  return value;
}

int64_t ConfigReader::index(const char* key, int64_t fallback) {
  const int64_t value = json_int(json_, key, place_, fallback);
  expect(value >= 0 && value <= (int64_t{1} << 31), fmt::format("\"{}\" is {}; expected at least 0", key, value));
  return value;
}

std::pair<int64_t, int64_t> ConfigReader::extents(const char* key, int64_t fallback) {
  const nlohmann::json* value = json_find(json_, key, place_);
  if (value == nullptr || !value->is_array()) {
    const int64_t both = extent(key, fallback);
    return {both, both};
  }
  const std::vector<int64_t> two = json_ints(json_, key, place_);
  const bool good = two.size() == 2 && std::min(two[0], two[1]) >= 1 && std::max(two[0], two[1]) <= (int64_t{1} << 31);
  expect(good, fmt::format("\"{}\" is {}; expected one number or two of at least 1", key, describe_json(*value)));
  return good ? std::pair(two[0], two[1]) : std::pair(fallback, fallback);
}

double ConfigReader::share(const char* key, double fallback) {
  const double value = json_double(json_, key, place_, fallback);
  expect(value >= 0 && value < 1, fmt::format("\"{}\" is {}; expected 0 to below 1", key, value));
  return value;
}

double ConfigReader::number(const char* key, double fallback) { return json_double(json_, key, place_, fallback); }
bool ConfigReader::flag(const char* key, bool fallback) { return json_bool(json_, key, place_, fallback); }

std::string ConfigReader::text(const char* key, const std::string& fallback) { return json_string(json_, key, place_, fallback); }

Activation ConfigReader::activation(const char* key, const std::string& fallback) {
  return espalier::activation(text(key, fallback), place_);
}

void ConfigReader::expect(bool good, const std::string& otherwise) {
  if (!good) problems_.add(place_, otherwise);
}

void ConfigReader::raise(const std::string& what) {
  problems_.raise(ErrorKind::data, fmt::format("config.json describes {} that cannot be built", what));
}

EncoderConfig read_encoder(ConfigReader& reader, double drop, const std::string& activation) {
  EncoderConfig c;
  c.vocabulary = reader.extent("vocab_size");
  c.width = reader.extent("hidden_size");
  c.layers = reader.extent("num_hidden_layers");
  c.heads = reader.extent("num_attention_heads");
  c.inner = reader.extent("intermediate_size");
  c.positions = reader.extent("max_position_embeddings", 512);
  c.segments = reader.extent("type_vocab_size", 2);
  c.embedding_width = c.width;
  c.drop = reader.share("hidden_dropout_prob", drop);
  c.attention_drop = reader.share("attention_probs_dropout_prob", drop);
  c.classifier_drop = reader.share("classifier_dropout", c.drop);
  c.norm_epsilon = reader.number("layer_norm_eps", 1e-12);
  c.initial_deviation = reader.number("initializer_range", 0.02);
  c.activation = reader.activation("hidden_act", activation);
  reader.expect(c.heads < 1 || c.width % c.heads == 0,
                fmt::format("\"hidden_size\" {} is not a multiple of \"num_attention_heads\" {}", c.width, c.heads));
  const std::string positions = reader.text("position_embedding_type", "absolute");
  reader.expect(positions == "absolute",
                fmt::format("\"position_embedding_type\" is '{}'; only 'absolute' is supported", printable(positions)));
  reader.expect(!reader.flag("is_decoder", false), "\"is_decoder\" is true; only encoders are supported");
  return c;
}

}  // namespace espalier
