// T5's name table and config.json, as transformers calls things.
#include "espalier/base/text.h"
#include "espalier/models/encoder_config.h"
#include "espalier/models/t5.h"

namespace espalier {
namespace {

void add_block_rules(std::vector<NameRule>& rules, const std::string& stack, const T5Config& c) {
  const std::string ours = stack + ".{i}.", theirs = stack + ".block.{i}.layer.";
  const auto attention = [&](const std::string& branch, const std::string& layer, const std::string& name) {
    for (const auto& [mine, other] : std::initializer_list<std::pair<const char*, const char*>>{
             {"query", "q"}, {"key", "k"}, {"value", "v"}, {"output", "o"}}) {
      rules.push_back({ours + branch + "." + mine, theirs + layer + "." + name + "." + other});
    }
    rules.push_back({ours + branch + ".norm", theirs + layer + ".layer_norm"});
  };
  attention("attention", "0", "SelfAttention");
  const bool decoder = stack == "decoder";
  if (decoder) attention("cross", "1", "EncDecAttention");
  const std::string ffn = theirs + (decoder ? "2." : "1.");
  if (c.gated) rules.push_back({ours + "ffn.gate", ffn + "DenseReluDense.wi_0"});
  rules.push_back({ours + "ffn.up", ffn + (c.gated ? "DenseReluDense.wi_1" : "DenseReluDense.wi")});
  rules.push_back({ours + "ffn.down", ffn + "DenseReluDense.wo"});
  rules.push_back({ours + "ffn.norm", ffn + "layer_norm"});
  rules.push_back({stack + ".0.attention.bias", stack + ".block.0.layer.0.SelfAttention.relative_attention_bias"});
  rules.push_back({stack + ".norm", stack + ".final_layer_norm"});
}

}  // namespace

NameTable t5_names(const T5Config& c) {
  NameTable table{"transformer.",
                  {{"embed.token", "shared"}},
                  {"**.embed_tokens.weight", "**.EncDecAttention.relative_attention_bias.weight"},
                  {"lm_head.**", "classification_head.**", "classifier.**", "qa_outputs.**"},
                  {"decoder.**"}};
  add_block_rules(table.rules, "encoder", c);
  add_block_rules(table.rules, "decoder", c);
  for (const NameRule& rule :
       std::initializer_list<NameRule>{{"head.main.vocabulary", "lm_head", false},
                                       {"head.main.dense", "classification_head.dense", false, false, HeadUse::sequence},
                                       {"head.main.out", "classification_head.out_proj", false, false, HeadUse::sequence},
                                       {"head.main.out", "classifier", false, false, HeadUse::tokens}}) {
    table.rules.push_back(rule);
  }
  table.unprefixed = {HeadUse::seq2seq};
  return table;
}

T5Config read_t5_config(const nlohmann::json& json, const std::string& place) {
  ConfigReader reader(json, place);
  T5Config c;
  c.vocabulary = reader.extent("vocab_size", 32128);
  c.width = reader.extent("d_model", 512);
  c.heads = reader.extent("num_heads", 8);
  c.head_width = reader.extent("d_kv", 64);
  c.inner = reader.extent("d_ff", 2048);
  c.layers = reader.extent("num_layers", 6);
  c.decoder_layers = reader.extent("num_decoder_layers", c.layers);
  c.buckets = reader.extent("relative_attention_num_buckets", 32);
  c.max_distance = reader.extent("relative_attention_max_distance", 128);
  c.drop = reader.share("dropout_rate", 0.1);
  c.classifier_drop = reader.share("classifier_dropout", 0);
  c.norm_epsilon = reader.number("layer_norm_epsilon", 1e-6);
  c.initial_factor = reader.number("initializer_factor", 1);
  c.padding = reader.index("pad_token_id", 0);
  c.start = reader.index("decoder_start_token_id", c.padding);
  // transformers takes it from the words of old files, and writes it under a name of its own.
  c.scaled_output = reader.flag("scale_decoder_outputs", reader.flag("tie_word_embeddings", true));
  const std::string ffn = reader.text("feed_forward_proj", "relu");
  c.gated = ffn.starts_with("gated-");
  const std::string name = c.gated ? ffn.substr(6) : ffn;
  // The files of v1.1 say "gelu" and mean its tanh approximation.
  c.activation = ffn == "gated-gelu" ? Activation::gelu_tanh : activation(name, place);
  reader.expect(c.buckets >= 4, fmt::format("\"relative_attention_num_buckets\" is {}; expected at least 4", c.buckets));
  reader.expect(c.max_distance > c.buckets / 2,
                fmt::format("\"relative_attention_max_distance\" is {}; expected more than half of the {} buckets",
                            c.max_distance, c.buckets));
  reader.expect(c.vocabulary < 1 || (c.start < c.vocabulary && c.padding < c.vocabulary),
                fmt::format("\"decoder_start_token_id\" is {} and \"pad_token_id\" {}; expected ids of the {} pieces", c.start,
                            c.padding, c.vocabulary));
  reader.expect(!reader.flag("is_decoder", false), "\"is_decoder\" is true; only an encoder with its decoder is supported");
  reader.raise("a T5");
  return c;
}

}  // namespace espalier
