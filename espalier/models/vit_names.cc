// The name table and config.json of ViT and DeiT, as the files of transformers call things.
#include "espalier/base/text.h"
#include "espalier/models/encoder_config.h"
#include "espalier/models/vit.h"

namespace espalier {
namespace {

/// Of a block. The library's classes, and with them PEFT's adapters, say otherwise than its files, whose words were the classes'
/// own until its fifth release.
struct BlockPart {
  const char *ours, *in_memory, *in_file;
};
constexpr BlockPart kBlockParts[] = {{"attention.norm", "layernorm_before", "layernorm_before"},
                                     {"attention.query", "attention.q_proj", "attention.attention.query"},
                                     {"attention.key", "attention.k_proj", "attention.attention.key"},
                                     {"attention.value", "attention.v_proj", "attention.attention.value"},
                                     {"attention.output", "attention.o_proj", "attention.output.dense"},
                                     {"ffn.norm", "layernorm_after", "layernorm_after"},
                                     {"ffn.up", "mlp.fc1", "intermediate.dense"},
                                     {"ffn.down", "mlp.fc2", "output.dense"}};

VitConfig read(const nlohmann::json& json, const std::string& place, const std::string& what, bool distilled) {
  ConfigReader reader(json, place);
  VitConfig c;
  c.width = reader.extent("hidden_size", 768);
  c.layers = reader.extent("num_hidden_layers", 12);
  c.heads = reader.extent("num_attention_heads", 12);
  c.inner = reader.extent("intermediate_size", 3072);
  PictureFacts& p = c.pictures;
  p.channels = reader.extent("num_channels", 3);
  std::tie(p.height, p.width) = reader.extents("image_size", 224);
  std::tie(p.patch_height, p.patch_width) = reader.extents("patch_size", 16);
  p.distilled = distilled;
  c.drop = reader.share("hidden_dropout_prob", 0);
  c.weights_drop = reader.share("attention_probs_dropout_prob", 0);
  c.norm_epsilon = reader.number("layer_norm_eps", 1e-12);
  c.initial_deviation = reader.number("initializer_range", 0.02);
  c.activation = reader.activation("hidden_act", "gelu");
  c.pooler_activation = reader.activation("pooler_act", "tanh");
  c.query_bias = reader.flag("qkv_bias", true);
  reader.expect(c.heads < 1 || c.width % c.heads == 0,
                fmt::format("\"hidden_size\" {} is not a multiple of \"num_attention_heads\" {}", c.width, c.heads));
  reader.expect(p.channels <= 1024, fmt::format("\"num_channels\" is {}; expected at most 1024", p.channels));
  reader.expect(std::max(p.height, p.width) <= 1 << 16,
                fmt::format("\"image_size\" is {} x {}; expected at most 65536", p.height, p.width));
  reader.expect(p.patch_height <= p.height && p.patch_width <= p.width,
                fmt::format("\"patch_size\" {} x {} is larger than \"image_size\" {} x {}", p.patch_height, p.patch_width,
                            p.height, p.width));
  const int64_t pooled = reader.extent("pooler_output_size", std::max<int64_t>(1, c.width));
  reader.expect(pooled == c.width,
                fmt::format("\"pooler_output_size\" is {}; only that of \"hidden_size\" {} is supported", pooled, c.width));
  reader.raise(what);
  return c;
}

}  // namespace

NameTable vit_names(const VitConfig& c) {
  const PictureFacts& p = c.pictures;
  const int64_t rows = (p.height / p.patch_height) * (p.width / p.patch_width) + (p.distilled ? 2 : 1);
  NameTable table{p.distilled ? "deit." : "vit.",
                  {
                      {"embed.class.weight", "embeddings.cls_token", true, true},
                      {"embed.distil.weight", "embeddings.distillation_token", true, true},
                      {"embed.position.weight", "embeddings.position_embeddings", true, true},
                      {"embed.patch", "embeddings.patch_embeddings.projection"},
                      {"encoder.norm", "layernorm"},
                      {"pooler", "pooler.dense"},
                      {"head.main.out", "classifier", false, false, HeadUse::sequence},
                      {"head.main.out", "cls_classifier", false, false, HeadUse::teacher},
                      {"head.main.distil", "distillation_classifier", false, false, HeadUse::teacher},
                  },
                  {"**.mask_token"},
                  {"classifier.**", "cls_classifier.**", "distillation_classifier.**", "decoder.**"},
                  {"pooler.*"},
                  {},
                  {{"embed.class.weight", {1, 1, c.width}},
                   {"embed.distil.weight", {1, 1, c.width}},
                   {"embed.position.weight", {1, rows, c.width}},
                   {"embed.patch.weight", {c.width, p.channels, p.patch_height, p.patch_width}}}};
  for (const BlockPart& part : kBlockParts) {
    const std::string ours = std::string("encoder.{i}.") + part.ours, in_file = std::string("encoder.layer.{i}.") + part.in_file;
    table.rules.push_back({ours, std::string("layers.{i}.") + part.in_memory});
    table.rules.push_back({ours, in_file});
    for (int64_t i = 0; i < c.layers; ++i) {
      for (const char* kind : {".weight", ".bias"}) {
        const std::string number = std::to_string(i);
        table.rules.push_back({replace_all(ours, "{i}", number) + kind, replace_all(in_file, "{i}", number) + kind, true, true});
      }
    }
  }
  return table;
}

VitConfig read_vit_config(const nlohmann::json& json, const std::string& place) { return read(json, place, "a ViT", false); }

VitConfig read_deit_config(const nlohmann::json& json, const std::string& place) { return read(json, place, "a DeiT", true); }

}  // namespace espalier
