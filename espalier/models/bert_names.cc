// BERT's name table and config.json: the only file that knows what transformers calls things.
#include <nlohmann/json.hpp>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/json.h"
#include "espalier/models/bert.h"

namespace espalier {

const NameTable& Bert::names() const {
  static const NameTable kTable{"bert.",
                                {
                                    {"embed.token", "embeddings.word_embeddings"},
                                    {"embed.position", "embeddings.position_embeddings"},
                                    {"embed.segment", "embeddings.token_type_embeddings"},
                                    {"embed.norm", "embeddings.LayerNorm"},
                                    {"encoder.{i}.attention.query", "encoder.layer.{i}.attention.self.query"},
                                    {"encoder.{i}.attention.key", "encoder.layer.{i}.attention.self.key"},
                                    {"encoder.{i}.attention.value", "encoder.layer.{i}.attention.self.value"},
                                    {"encoder.{i}.attention.output", "encoder.layer.{i}.attention.output.dense"},
                                    {"encoder.{i}.attention.join.norm", "encoder.layer.{i}.attention.output.LayerNorm"},
                                    {"encoder.{i}.ffn.up", "encoder.layer.{i}.intermediate.dense"},
                                    {"encoder.{i}.ffn.down", "encoder.layer.{i}.output.dense"},
                                    {"encoder.{i}.ffn.join.norm", "encoder.layer.{i}.output.LayerNorm"},
                                    {"pooler", "pooler.dense"},
                                    {"head.main.dense", "cls.predictions.transform.dense", false},
                                    {"head.main.norm", "cls.predictions.transform.LayerNorm", false},
                                    {"head.main.vocabulary.bias", "cls.predictions.bias", false, true},
                                    {"head.main.vocabulary", "cls.predictions.decoder", false},
                                    {"head.main.out", "classifier", false},
                                },
                                {"**.position_ids", "**.token_type_ids", "cls.predictions.decoder.{weight,bias}"},
                                {"cls.**", "classifier.**", "qa_outputs.**"},
                                {"pooler.*"}};
  return kTable;
}

BertConfig read_bert_config(const nlohmann::json& json, const std::string& place) {
  BertConfig c{};
  Problems problems;
  auto extent = [&](const char* key, std::optional<int64_t> fallback = {}) {
    const int64_t value = fallback ? json_int(json, key, place, *fallback) : json_int(json, key, place);
    if (value < 1 || value > (int64_t{1} << 31)) {
      problems.add(place, fmt::format("\"{}\" is {}; expected at least 1", key, value));
    }
    return value;
  };
  auto share = [&](const char* key, double fallback) {
    const double value = json_double(json, key, place, fallback);
    if (!(value >= 0 && value < 1)) problems.add(place, fmt::format("\"{}\" is {}; expected 0 to below 1", key, value));
    return value;
  };
  c.vocabulary = extent("vocab_size");
  c.width = extent("hidden_size");
  c.layers = extent("num_hidden_layers");
  c.heads = extent("num_attention_heads");
  c.inner = extent("intermediate_size");
  c.positions = extent("max_position_embeddings", 512);
  c.segments = extent("type_vocab_size", 2);
  c.drop = share("hidden_dropout_prob", 0.1);
  c.attention_drop = share("attention_probs_dropout_prob", 0.1);
  c.classifier_drop = share("classifier_dropout", c.drop);
  c.norm_epsilon = json_double(json, "layer_norm_eps", place, 1e-12);
  c.initial_deviation = json_double(json, "initializer_range", place, 0.02);
  c.activation = activation(json_string(json, "hidden_act", place, "gelu"), place);
  if (c.heads > 0 && c.width % c.heads != 0) {
    problems.add(place, fmt::format("\"hidden_size\" {} is not a multiple of \"num_attention_heads\" {}", c.width, c.heads));
  }
  const std::string positions = json_string(json, "position_embedding_type", place, "absolute");
  if (positions != "absolute") {
    problems.add(place, fmt::format("\"position_embedding_type\" is '{}'; only 'absolute' is supported", printable(positions)));
  }
  if (json_bool(json, "is_decoder", place, false)) problems.add(place, "\"is_decoder\" is true; only encoders are supported");
  problems.raise(ErrorKind::data, "config.json describes a BERT that cannot be built");
  return c;
}

}  // namespace espalier
