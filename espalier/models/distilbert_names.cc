// DistilBERT's name table and config.json, as transformers calls things.
#include "espalier/models/distilbert.h"

namespace espalier {

const NameTable& DistilBert::names() const {
  static const NameTable kTable{
      "distilbert.",
      {
          {"embed.token", "embeddings.word_embeddings"},
          {"embed.position", "embeddings.position_embeddings"},
          {"embed.norm", "embeddings.LayerNorm"},
          {"encoder.{i}.attention.query", "transformer.layer.{i}.attention.q_lin"},
          {"encoder.{i}.attention.key", "transformer.layer.{i}.attention.k_lin"},
          {"encoder.{i}.attention.value", "transformer.layer.{i}.attention.v_lin"},
          {"encoder.{i}.attention.output", "transformer.layer.{i}.attention.out_lin"},
          {"encoder.{i}.attention.join.norm", "transformer.layer.{i}.sa_layer_norm"},
          {"encoder.{i}.ffn.up", "transformer.layer.{i}.ffn.lin1"},
          {"encoder.{i}.ffn.down", "transformer.layer.{i}.ffn.lin2"},
          {"encoder.{i}.ffn.join.norm", "transformer.layer.{i}.output_layer_norm"},
          {"head.main.dense", "vocab_transform", false, false, HeadUse::masked_lm},
          {"head.main.norm", "vocab_layer_norm", false},
          {"head.main.vocabulary", "vocab_projector", false},
          {"head.main.dense", "pre_classifier", false, false, HeadUse::sequence},
          {"head.main.out", "classifier", false},
      },
      {"**.position_ids", "vocab_projector.weight"},
      {"vocab_{transform,layer_norm,projector}.**", "pre_classifier.**", "classifier.**", "qa_outputs.**"},
      {}};
  return kTable;
}

DistilBertConfig read_distilbert_config(const nlohmann::json& json, const std::string& place) {
  ConfigReader reader(json, place);
  DistilBertConfig c;
  c.vocabulary = reader.extent("vocab_size");
  c.width = reader.extent("dim");
  c.layers = reader.extent("n_layers");
  c.heads = reader.extent("n_heads");
  c.inner = reader.extent("hidden_dim");
  c.positions = reader.extent("max_position_embeddings", 512);
  c.embedding_width = c.width;
  c.drop = reader.share("dropout", 0.1);
  c.attention_drop = reader.share("attention_dropout", 0.1);
  c.classifier_drop = reader.share("seq_classif_dropout", 0.2);
  c.token_classifier_drop = c.drop;
  c.initial_deviation = reader.number("initializer_range", 0.02);
  c.activation = reader.activation("activation", "gelu");
  reader.expect(c.heads < 1 || c.width % c.heads == 0,
                fmt::format("\"dim\" {} is not a multiple of \"n_heads\" {}", c.width, c.heads));
  reader.raise("a DistilBERT");
  return c;
}

}  // namespace espalier
