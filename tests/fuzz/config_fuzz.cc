// config.json of a model: sizes, head and labels; small ones are built, without weights.
#include <nlohmann/json.hpp>

#include "espalier/io/json.h"
#include "espalier/models/bert.h"
#include "espalier/models/load.h"
#include "tests/fuzz/target.h"

namespace espalier::fuzz {
namespace {

constexpr int64_t kLayers = 8;  // of a model that is built here

void read(std::string_view bytes) {
  const nlohmann::json config = parse_json(bytes, "config.json");
  const HeadOptions head = head_of_config(config, "config.json");
  const BertConfig bert = read_bert_config(config, "config.json");
  expect(bert.width > 0 && bert.heads > 0 && bert.width % bert.heads == 0, "heads divide the width");
  if (bert.layers > kLayers) return;
  const auto model = make_model(config, "config.json");
  if (head.kind != HeadKind::none) model->set_head(make_head(*model, head));
  expect(!model->all_sites().empty(), "a model has sites");
}

const AddTarget kTarget("config", read);

}  // namespace
}  // namespace espalier::fuzz
