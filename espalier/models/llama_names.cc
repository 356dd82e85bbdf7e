// Llama's name table and config.json, as transformers calls things.
#include <nlohmann/json.hpp>

#include "espalier/base/text.h"
#include "espalier/io/json.h"
#include "espalier/models/encoder_config.h"
#include "espalier/models/llama.h"

namespace espalier {
namespace {

/// The base of the rotary angles, in today's words ("rope_parameters") or the older ("rope_theta", "rope_scaling").
double rotary_base(const nlohmann::json& json, ConfigReader& reader, const std::string& place) {
  double base = reader.number("rope_theta", 10000);
  for (const char* key : {"rope_scaling", "rope_parameters"}) {
    const nlohmann::json* rope = json_find(json, key, place);
    if (rope == nullptr) continue;
    base = json_double(*rope, "rope_theta", place, base);
    const std::string type = json_string(*rope, "rope_type", place, json_string(*rope, "type", place, "default"));
    reader.expect(type == "default", fmt::format("\"{}\" is of type '{}'; only 'default' is supported", key, printable(type)));
    const double part = json_double(*rope, "partial_rotary_factor", place, 1);
    reader.expect(part == 1, fmt::format("\"partial_rotary_factor\" is {}; only 1 is supported", part));
  }
  reader.expect(base > 0, fmt::format("\"rope_theta\" is {}; expected above 0", base));
  return base;
}

}  // namespace

const NameTable& Llama::names() const {
  static const NameTable kTable{"model.",
                                {
                                    {"embed.token", "embed_tokens"},
                                    {"decoder.{i}.attention.norm", "layers.{i}.input_layernorm"},
                                    {"decoder.{i}.attention.query", "layers.{i}.self_attn.q_proj"},
                                    {"decoder.{i}.attention.key", "layers.{i}.self_attn.k_proj"},
                                    {"decoder.{i}.attention.value", "layers.{i}.self_attn.v_proj"},
                                    {"decoder.{i}.attention.output", "layers.{i}.self_attn.o_proj"},
                                    {"decoder.{i}.ffn.norm", "layers.{i}.post_attention_layernorm"},
                                    {"decoder.{i}.ffn.gate", "layers.{i}.mlp.gate_proj"},
                                    {"decoder.{i}.ffn.up", "layers.{i}.mlp.up_proj"},
                                    {"decoder.{i}.ffn.down", "layers.{i}.mlp.down_proj"},
                                    {"decoder.norm", "norm"},
                                    {"head.main.vocabulary", "lm_head", false},
                                    {"head.main.out", "score", false},
                                },
                                {"**.rotary_emb.inv_freq"},
                                {"lm_head.**", "score.**", "qa_outputs.**"},
                                {}};
  return kTable;
}

LlamaConfig read_llama_config(const nlohmann::json& json, const std::string& place) {
  ConfigReader reader(json, place);
  LlamaConfig c;
  c.vocabulary = reader.extent("vocab_size");
  c.width = reader.extent("hidden_size");
  c.layers = reader.extent("num_hidden_layers");
  c.heads = reader.extent("num_attention_heads");
  c.inner = reader.extent("intermediate_size");
  c.positions = reader.extent("max_position_embeddings", 2048);
  c.key_heads = reader.extent("num_key_value_heads", c.heads);
  c.head_width = reader.extent("head_dim", c.heads > 0 ? c.width / c.heads : 0);
  c.weights_drop = reader.share("attention_dropout", 0);
  c.token_classifier_drop = reader.share("classifier_dropout", reader.share("hidden_dropout", 0.1));
  c.norm_epsilon = reader.number("rms_norm_eps", 1e-6);
  c.initial_deviation = reader.number("initializer_range", 0.02);
  c.activation = reader.activation("hidden_act", "silu");
  c.attention_bias = reader.flag("attention_bias", false);
  c.ffn_bias = reader.flag("mlp_bias", false);
  c.tied = reader.flag("tie_word_embeddings", false);
  c.rotary = rotary_base(json, reader, place);
  reader.expect(c.key_heads < 1 || c.heads % c.key_heads == 0,
                fmt::format("\"num_attention_heads\" {} is not a multiple of \"num_key_value_heads\" {}", c.heads, c.key_heads));
  reader.expect(c.head_width % 2 == 0, fmt::format("\"head_dim\" is {}; rotary positions need an even number", c.head_width));
  reader.raise("a Llama");
  return c;
}

}  // namespace espalier
