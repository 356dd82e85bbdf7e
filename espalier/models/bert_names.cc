// BERT's name table and config.json, as transformers calls things.
#include "espalier/models/bert.h"

namespace espalier {

std::vector<NameRule> bert_body_rules() {
  return {{"embed.token", "embeddings.word_embeddings"},
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
          {"encoder.{i}.ffn.join.norm", "encoder.layer.{i}.output.LayerNorm"}};
}

const NameTable& Bert::names() const {
  static const NameTable kTable{"bert.",
                                all_rules(bert_body_rules(),
                                          {
                                              {"pooler", "pooler.dense"},
                                              {"head.main.dense", "cls.predictions.transform.dense", false},
                                              {"head.main.norm", "cls.predictions.transform.LayerNorm", false},
                                              {"head.main.vocabulary.bias", "cls.predictions.bias", false, true},
                                              {"head.main.vocabulary", "cls.predictions.decoder", false},
                                              {"head.main.out", "classifier", false},
                                          }),
                                {"**.position_ids", "**.token_type_ids", "cls.predictions.decoder.{weight,bias}"},
                                {"cls.**", "classifier.**", "qa_outputs.**"},
                                {"pooler.*"}};
  return kTable;
}

EncoderConfig read_bert_config(const nlohmann::json& json, const std::string& place) {
  ConfigReader reader(json, place);
  const EncoderConfig c = read_encoder(reader);
  reader.raise("a BERT");
  return c;
}

}  // namespace espalier
