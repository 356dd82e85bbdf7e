// GPT-2's name table and config.json, as transformers calls things.
#include "espalier/models/encoder_config.h"
#include "espalier/models/gpt2.h"

namespace espalier {

const NameTable& Gpt2::names() const {
  static const NameTable kTable{
      "transformer.",
      {
          {"embed.token", "wte"},
          {"embed.position", "wpe"},
          {"decoder.{i}.attention.norm", "h.{i}.ln_1"},
          {"decoder.{i}.attention.output", "h.{i}.attn.c_proj"},
          {"decoder.{i}.ffn.norm", "h.{i}.ln_2"},
          {"decoder.{i}.ffn.up", "h.{i}.mlp.c_fc"},
          {"decoder.{i}.ffn.down", "h.{i}.mlp.c_proj"},
          {"decoder.norm", "ln_f"},
          {"head.main.vocabulary", "lm_head", false},
          {"head.main.out", "score", false, false, HeadUse::sequence},
          {"head.main.out", "classifier", false, false, HeadUse::tokens},
      },
      {"**.attn.{bias,masked_bias}"},
      {"lm_head.**", "score.**", "classifier.**", "qa_outputs.**", "multiple_choice_head.**"},
      {},
      {{"h.{i}.attn.c_attn", {"decoder.{i}.attention.query", "decoder.{i}.attention.key", "decoder.{i}.attention.value"}}},
      {},
      {"h.*.attn.{c_attn,c_proj}.weight", "h.*.mlp.{c_fc,c_proj}.weight"}};
  return kTable;
}

Gpt2Config read_gpt2_config(const nlohmann::json& json, const std::string& place) {
  ConfigReader reader(json, place);
  Gpt2Config c;
  c.vocabulary = reader.extent("vocab_size", 50257);
  c.width = reader.extent("n_embd", 768);
  c.layers = reader.extent("n_layer", 12);
  c.heads = reader.extent("n_head", 12);
  c.positions = reader.extent("n_positions", 1024);
  c.inner = reader.extent("n_inner", 4 * c.width);
  c.embedding_drop = reader.share("embd_pdrop", 0.1);
  c.weights_drop = reader.share("attn_pdrop", 0.1);
  c.drop = reader.share("resid_pdrop", 0.1);
  c.token_classifier_drop = reader.share("classifier_dropout", reader.share("hidden_dropout", 0.1));
  c.norm_epsilon = reader.number("layer_norm_epsilon", 1e-5);
  c.initial_deviation = reader.number("initializer_range", 0.02);
  c.activation = reader.activation("activation_function", "gelu_new");
  c.scaled = reader.flag("scale_attn_weights", true);
  c.scaled_by_layer = reader.flag("scale_attn_by_inverse_layer_idx", false);
  c.tied = reader.flag("tie_word_embeddings", true);
  reader.expect(c.heads < 1 || c.width % c.heads == 0,
                fmt::format("\"n_embd\" {} is not a multiple of \"n_head\" {}", c.width, c.heads));
  reader.expect(!reader.flag("add_cross_attention", false), "\"add_cross_attention\" is true; only a decoder alone is supported");
  reader.raise("a GPT-2");
  return c;
}

}  // namespace espalier
