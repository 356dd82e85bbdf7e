// ELECTRA's name table and config.json, as transformers calls things.
#include "espalier/models/bert.h"
#include "espalier/models/electra.h"

namespace espalier {

const NameTable& Electra::names() const {
  static const NameTable kTable{
      "electra.",
      all_rules(bert_body_rules(),
                {
                    {"embed.project", "embeddings_project"},
                    {"head.main.dense", "generator_predictions.dense", false, false, HeadUse::masked_lm},
                    {"head.main.norm", "generator_predictions.LayerNorm", false},
                    {"head.main.vocabulary", "generator_lm_head", false},
                    {"head.main.dense", "classifier.dense", false, false, HeadUse::sequence},
                    {"head.main.out", "classifier.out_proj", false, false, HeadUse::sequence},
                    {"head.main.out", "classifier", false, false, HeadUse::tokens},
                }),
      {"**.position_ids", "**.token_type_ids", "generator_lm_head.weight"},
      {"generator_predictions.**", "generator_lm_head.**", "discriminator_predictions.**", "classifier.**", "qa_outputs.**"},
      {}};
  return kTable;
}

EncoderConfig read_electra_config(const nlohmann::json& json, const std::string& place) {
  ConfigReader reader(json, place);
  EncoderConfig c = read_encoder(reader);
  c.embedding_width = reader.extent("embedding_size", 128);
  reader.raise("an ELECTRA");
  return c;
}

}  // namespace espalier
