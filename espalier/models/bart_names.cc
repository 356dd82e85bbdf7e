// BART's and mBART's name table and config.json, as transformers calls things.
#include "espalier/models/bart.h"
#include "espalier/models/encoder_config.h"

namespace espalier {
namespace {

void add_block_rules(std::vector<NameRule>& rules, const std::string& stack, const BartConfig& c) {
  const std::string ours = stack + ".{i}.", theirs = stack + ".layers.{i}.", norm = c.pre_norm ? ".norm" : ".join.norm";
  const auto attention = [&](const std::string& branch, const std::string& name) {
    for (const auto& [mine, other] : std::initializer_list<std::pair<const char*, const char*>>{
             {".query", ".q_proj"}, {".key", ".k_proj"}, {".value", ".v_proj"}, {".output", ".out_proj"}}) {
      rules.push_back({ours + branch + mine, theirs + name + other});
    }
    rules.push_back({ours + branch + norm, theirs + name + "_layer_norm"});
  };
  attention("attention", "self_attn");
  if (stack == "decoder") attention("cross", "encoder_attn");
  rules.push_back({ours + "ffn.up", theirs + "fc1"});
  rules.push_back({ours + "ffn.down", theirs + "fc2"});
  rules.push_back({ours + "ffn" + norm, theirs + "final_layer_norm"});
  if (c.pre_norm) rules.push_back({stack + ".norm", stack + ".layer_norm"});
  const std::string embed = stack == "encoder" ? "embed" : "decoder.embed";
  rules.push_back({embed + ".position", stack + ".embed_positions"});
  rules.push_back({embed + ".norm", stack + ".layernorm_embedding"});
}

/// The members that both have; `language`: a text starts with its last piece.
BartConfig read(ConfigReader& reader, bool language) {
  BartConfig c;
  c.pre_norm = language;
  c.vocabulary = reader.extent("vocab_size", 50265);
  c.width = reader.extent("d_model", 1024);
  c.positions = reader.extent("max_position_embeddings", 1024);
  c.encoder = {reader.extent("encoder_layers", 12), reader.extent("encoder_attention_heads", 16),
               reader.extent("encoder_ffn_dim", 4096)};
  c.decoder = {reader.extent("decoder_layers", 12), reader.extent("decoder_attention_heads", 16),
               reader.extent("decoder_ffn_dim", 4096)};
  c.drop = reader.share("dropout", 0.1);
  c.weights_drop = reader.share("attention_dropout", 0);
  c.inner_drop = reader.share("activation_dropout", 0);
  c.classifier_drop = reader.share("classifier_dropout", 0);
  c.initial_deviation = reader.number("init_std", 0.02);
  c.activation = reader.activation("activation_function", "gelu");
  c.scaled_embedding = reader.flag("scale_embedding", false);
  c.padding = reader.index("pad_token_id", 1);
  if (!language) c.start = reader.index("decoder_start_token_id", 2);
  const auto divides = [&](const char* key, int64_t heads) {
    reader.expect(heads < 1 || c.width % heads == 0,
                  fmt::format("\"d_model\" {} is not a multiple of \"{}\" {}", c.width, key, heads));
  };
  divides("encoder_attention_heads", c.encoder.heads);
  divides("decoder_attention_heads", c.decoder.heads);
  reader.expect(c.vocabulary < 1 || (c.start.value_or(0) < c.vocabulary && c.padding < c.vocabulary),
                fmt::format("\"decoder_start_token_id\" is {} and \"pad_token_id\" {}; expected ids of the {} pieces",
                            c.start.value_or(0), c.padding, c.vocabulary));
  const auto only = [&](const char* key, bool value) {
    reader.expect(reader.flag(key, value) == value, fmt::format("\"{}\" is {}; only {} is supported", key, !value, value));
  };
  only("is_decoder", false);
  only("static_position_embeddings", false);
  only("normalize_embedding", true);
  only("normalize_before", language);
  only("add_final_layer_norm", language);
  only("tie_word_embeddings", true);
  for (const char* key : {"encoder_layerdrop", "decoder_layerdrop"}) {
    reader.expect(reader.share(key, 0) == 0,
                  fmt::format("\"{}\" is above 0; blocks that are left out by chance are not supported", key));
  }
  return c;
}

}  // namespace

NameTable bart_names(const BartConfig& c) {
  NameTable table{"model.",
                  {{"embed.token", "shared"}},
                  {"**.embed_tokens.weight", "**.version"},
                  {"lm_head.**", "final_logits_bias", "classification_head.**", "qa_outputs.**"},
                  {"head.main.vocabulary.bias"}};
  add_block_rules(table.rules, "encoder", c);
  add_block_rules(table.rules, "decoder", c);
  for (const NameRule& rule :
       std::initializer_list<NameRule>{{"head.main.vocabulary.bias", "final_logits_bias", false, true},
                                       {"head.main.vocabulary", "lm_head", false},
                                       {"head.main.dense", "classification_head.dense", false, false, HeadUse::sequence},
                                       {"head.main.out", "classification_head.out_proj", false, false, HeadUse::sequence}}) {
    table.rules.push_back(rule);
  }
  table.shapes["head.main.vocabulary.bias"] = {1, c.vocabulary};
  return table;
}

BartConfig read_bart_config(const nlohmann::json& json, const std::string& place) {
  ConfigReader reader(json, place);
  const BartConfig c = read(reader, false);
  reader.raise("a BART");
  return c;
}

BartConfig read_mbart_config(const nlohmann::json& json, const std::string& place) {
  ConfigReader reader(json, place);
  const BartConfig c = read(reader, true);
  reader.raise("an mBART");
  return c;
}

}  // namespace espalier
