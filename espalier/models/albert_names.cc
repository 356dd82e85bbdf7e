// ALBERT's name table and config.json, as transformers calls things.
#include "espalier/models/albert.h"

namespace espalier {

NameTable albert_names(const AlbertConfig& c) {
  NameTable table{"albert.",
                  {
                      {"embed.token", "embeddings.word_embeddings"},
                      {"embed.position", "embeddings.position_embeddings"},
                      {"embed.segment", "embeddings.token_type_embeddings"},
                      {"embed.norm", "embeddings.LayerNorm"},
                      {"embed.project", "encoder.embedding_hidden_mapping_in"},
                      {"pooler", "pooler"},
                      {"head.main.dense", "predictions.dense", false},
                      {"head.main.norm", "predictions.LayerNorm", false},
                      {"head.main.vocabulary.bias", "predictions.bias", false, true},
                      {"head.main.vocabulary", "predictions.decoder", false},
                      {"head.main.out", "classifier", false},
                  },
                  {"**.position_ids", "**.token_type_ids", "predictions.decoder.{weight,bias}"},
                  {"predictions.**", "sop_classifier.**", "classifier.**", "qa_outputs.**"},
                  {"pooler.*"}};
  // Two numbers there, one here: a rule for each block.
  for (int64_t i = 0; i < c.groups * c.inner_groups; ++i) {
    const std::string ours = fmt::format("encoder.{}.", i);
    const std::string theirs =
        fmt::format("encoder.albert_layer_groups.{}.albert_layers.{}.", i / c.inner_groups, i % c.inner_groups);
    for (const auto& [mine, other] : std::initializer_list<std::pair<const char*, const char*>>{
             {"attention.query", "attention.query"},
             {"attention.key", "attention.key"},
             {"attention.value", "attention.value"},
             {"attention.output", "attention.dense"},
             {"attention.join.norm", "attention.LayerNorm"},
             {"ffn.up", "ffn"},
             {"ffn.down", "ffn_output"},
             {"ffn.join.norm", "full_layer_layer_norm"},
         }) {
      table.rules.push_back({ours + mine, theirs + other});
    }
  }
  return table;
}

AlbertConfig read_albert_config(const nlohmann::json& json, const std::string& place) {
  ConfigReader reader(json, place);
  AlbertConfig c;
  static_cast<EncoderConfig&>(c) = read_encoder(reader, 0, "gelu_new");
  c.embedding_width = reader.extent("embedding_size", 128);
  c.classifier_drop = reader.share("classifier_dropout_prob", 0.1);
  c.groups = reader.extent("num_hidden_groups", 1);
  c.inner_groups = reader.extent("inner_group_num", 1);
  reader.expect(c.groups <= c.layers,
                fmt::format("\"num_hidden_groups\" is {}; expected at most \"num_hidden_layers\" {}", c.groups, c.layers));
  reader.raise("an ALBERT");
  return c;
}

}  // namespace espalier
