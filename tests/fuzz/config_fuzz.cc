// config.json of a model: sizes, head and labels; small ones are built, without weights.
#include <nlohmann/json.hpp>

#include "espalier/io/json.h"
#include "espalier/models/albert.h"
#include "espalier/models/bert.h"
#include "espalier/models/distilbert.h"
#include "espalier/models/electra.h"
#include "espalier/models/gpt2.h"
#include "espalier/models/llama.h"
#include "espalier/models/load.h"
#include "espalier/models/roberta.h"
#include "espalier/models/vit.h"
#include "tests/fuzz/target.h"

namespace espalier::fuzz {
namespace {

constexpr int64_t kLayers = 8;  // of a model that is built here

EncoderConfig read_family(const nlohmann::json& config, const std::string& place) {
  const std::string family = json_string(config, "model_type", place, "bert");
  if (family == "vit" || family == "deit") {
    const VitConfig vit = family == "vit" ? read_vit_config(config, place) : read_deit_config(config, place);
    EncoderConfig sizes;
    sizes.width = vit.width;
    sizes.heads = vit.heads;
    sizes.layers = vit.layers;
    return sizes;
  }
  if (family == "gpt2" || family == "llama") {
    EncoderConfig sizes;
    sizes.heads = 1;  // Llama's may have a width of their own
    if (family == "gpt2") {
      const Gpt2Config gpt2 = read_gpt2_config(config, place);
      sizes.width = gpt2.width;
      sizes.heads = gpt2.heads;
      sizes.layers = gpt2.layers;
    } else {
      const LlamaConfig llama = read_llama_config(config, place);
      sizes.width = llama.width;
      sizes.layers = llama.layers;
    }
    return sizes;
  }
  if (family == "roberta") return read_roberta_config(config, place);
  if (family == "distilbert") return read_distilbert_config(config, place);
  if (family == "electra") return read_electra_config(config, place);
  if (family != "albert") return read_bert_config(config, place);
  AlbertConfig albert = read_albert_config(config, place);
  albert.layers *= albert.inner_groups;
  return albert;
}

void read(std::string_view bytes) {
  const nlohmann::json config = parse_json(bytes, "config.json");
  const HeadOptions head = head_of_config(config, "config.json");
  const EncoderConfig encoder = read_family(config, "config.json");
  expect(encoder.width > 0 && encoder.heads > 0 && encoder.width % encoder.heads == 0, "heads divide the width");
  if (encoder.layers > kLayers) return;
  const auto model = make_model(config, "config.json");
  if (head.kind != HeadKind::none) model->set_head(make_head(*model, head));
  expect(!model->all_sites().empty(), "a model has sites");
}

const AddTarget kTarget("config", read);

}  // namespace
}  // namespace espalier::fuzz
