// RoBERTa's name table and config.json, as transformers calls things.
#include "espalier/models/bert.h"
#include "espalier/models/roberta.h"

namespace espalier {

const NameTable& Roberta::names() const {
  static const NameTable kTable{"roberta.",
                                all_rules(bert_body_rules(),
                                          {
                                              {"pooler", "pooler.dense"},
                                              {"head.main.dense", "lm_head.dense", false, false, HeadUse::masked_lm},
                                              {"head.main.norm", "lm_head.layer_norm", false},
                                              {"head.main.vocabulary.bias", "lm_head.bias", false, true},
                                              {"head.main.vocabulary", "lm_head.decoder", false},
                                              {"head.main.dense", "classifier.dense", false, false, HeadUse::sequence},
                                              {"head.main.out", "classifier.out_proj", false, false, HeadUse::sequence},
                                              {"head.main.out", "classifier", false, false, HeadUse::tokens},
                                          }),
                                {"**.position_ids", "**.token_type_ids", "lm_head.decoder.{weight,bias}"},
                                {"lm_head.**", "classifier.**", "qa_outputs.**"},
                                {"pooler.*"}};
  return kTable;
}

EncoderConfig read_roberta_config(const nlohmann::json& json, const std::string& place) {
  ConfigReader reader(json, place);
  EncoderConfig c = read_encoder(reader);
  c.first_position = reader.index("pad_token_id", 1) + 1;
  reader.expect(c.positions > c.first_position,
                fmt::format("\"max_position_embeddings\" is {}; expected more than {}, since positions begin behind "
                            "\"pad_token_id\"",
                            c.positions, c.first_position));
  reader.raise("a RoBERTa");
  return c;
}

}  // namespace espalier
