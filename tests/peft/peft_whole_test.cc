// What PEFT folders hold beside the updates: biases, modules saved whole, tied weights; and settings against tensors.
#include "tests/peft/adapter_folder.h"

namespace espalier {
namespace {

using support::AdapterFolder;
using support::expect_error;
using support::outputs_of;

const std::string kStart = "base_model.model.bert.";

/// Every parameter of base and head, to see that it comes back.
std::map<std::string, Tensor> copied(Model& model) {
  std::map<std::string, Tensor> leaves;
  for (Parameter* p : model.base_parameters()) leaves[p->path()] = p->leaf().clone();
  return leaves;
}

TEST(PeftWhole, BiasesOfTheSitesReplaceTheBasesUntilDetached) {
  AdapterFolder adapter;
  adapter.config["bias"] = "lora_only";
  for (int i = 0; i < 2; ++i) {
    for (const char* which : {"query", "value"}) {
      adapter.tensors[AdapterFolder::name(i, which) + ".base_layer.bias"] = at::full({12}, 0.25 + i, at::kDouble);
    }
  }
  const auto model = support::tiny_bert(support::classes(3));
  const auto before = copied(*model);
  const Tensor base = outputs_of(*model);
  Lora& lora = adapter.load(*model).lora();
  EXPECT_TRUE(model->parameter_at("encoder.1.attention.value.bias").leaf().equal(at::full({12}, 1.25, at::kDouble)));
  EXPECT_EQ(lora.of_the_base().size(), 4u);
  const Tensor with = outputs_of(*model);
  lora.enable(false);
  EXPECT_TRUE(outputs_of(*model).equal(base));
  lora.enable(true);
  EXPECT_TRUE(outputs_of(*model).equal(with));
  model->detach("theirs");
  for (Parameter* p : model->base_parameters()) EXPECT_TRUE(p->leaf().equal(before.at(p->path()))) << p->path();
}

TEST(PeftWhole, ABiasThatIsMissingOrNotAskedForIsRefused) {
  AdapterFolder missing;
  missing.config["bias"] = "lora_only";
  missing.tensors[AdapterFolder::name(0, "query") + ".base_layer.bias"] = at::ones({12}, at::kDouble);
  expect_error(ErrorKind::data, [&] { missing.load(*support::tiny_bert(support::classes(3))); },
               {"layer.1.attention.self.value: the file holds no bias", "lora_only"});
  AdapterFolder surplus;
  surplus.tensors[AdapterFolder::name(0, "query") + ".base_layer.bias"] = at::ones({12}, at::kDouble);
  expect_error(ErrorKind::data, [&] { surplus.load(*support::tiny_bert(support::classes(3))); }, {"\"bias\" is none"});
}

TEST(PeftWhole, ModulesToSaveReplaceWholeModulesUntilDetached) {
  AdapterFolder adapter;
  adapter.config["modules_to_save"] = {"classifier", "pooler"};
  adapter.tensors[kStart + "pooler.dense.weight"] = at::eye(12, at::kDouble);
  adapter.tensors[kStart + "pooler.dense.bias"] = at::zeros({12}, at::kDouble);
  const auto model = support::tiny_bert(support::classes(3));
  const auto before = copied(*model);
  const LoadedPeft loaded = adapter.load(*model);
  EXPECT_TRUE(model->parameter_at("pooler.weight").leaf().equal(at::eye(12, at::kDouble)));
  ASSERT_EQ(loaded.whole.size(), 2u);
  const Tensor with = outputs_of(*model);
  const support::TemporaryFolder folder;
  save_peft(*model, loaded.lora(), folder.path(), loaded.notes, loaded.whole);
  model->detach("theirs");
  EXPECT_TRUE(model->parameter_at("pooler.weight").leaf().equal(before.at("pooler.weight")));
  MemoryLog log;
  load_peft(*model, folder.path(), "again", log);
  EXPECT_TRUE(outputs_of(*model).equal(with));
  EXPECT_EQ(read_json(folder / "adapter_config.json").at("modules_to_save"), (nlohmann::json{"bert.pooler.dense"}));

  AdapterFolder unlisted;
  unlisted.tensors[kStart + "pooler.dense.weight"] = at::eye(12, at::kDouble);
  expect_error(ErrorKind::data, [&] { unlisted.load(*model); }, {"pooler.dense.weight", "\"modules_to_save\" does not name"});
}

TEST(PeftWhole, SettingsAndTensorsMustNameTheSamePlaces) {
  AdapterFolder adapter;
  adapter.config["target_modules"] = {"query", "key"};
  expect_error(ErrorKind::data, [&] { adapter.load(*support::tiny_bert(support::classes(3))); },
               {"layer.0.attention.self.value: has an update, but \"target_modules\" does not name it",
                "layer.1.attention.self.key: \"target_modules\" names it, but the file has no update"});
  AdapterFolder layers;
  layers.config["target_modules"] = {"query", "value"};
  layers.config["layers_to_transform"] = {1};
  expect_error(ErrorKind::data, [&] { layers.load(*support::tiny_bert(support::classes(3))); }, {"layer.0.attention.self.query"});
  AdapterFolder rank;
  rank.config["r"] = 4;
  expect_error(ErrorKind::data, [&] { rank.load(*support::tiny_bert(support::classes(3))); }, {"has rank 2", "says 4"});
}

TEST(PeftWhole, IdlePatternsAreWarnedOf) {
  AdapterFolder adapter;
  adapter.config["rank_pattern"] = {{"key", 7}};
  adapter.load(*support::tiny_bert(support::classes(3)));
  ASSERT_EQ(adapter.log.warnings.size(), 1u);
  EXPECT_NE(adapter.log.warnings[0].find("rank_pattern 'key'"), std::string::npos);
}

TEST(PeftWhole, TheFirstPatternOfTheFileCounts) {
  AdapterFolder adapter;
  adapter.config["alpha_pattern"] = nlohmann::ordered_json{{"value", 3}, {"layer.1.*", 40}};
  const auto model = support::tiny_bert(support::classes(3));
  for (const auto& pair : adapter.load(*model).lora().pairs()) {
    const std::string path = pair->base.path();
    EXPECT_EQ(pair->alpha, path.ends_with("value") ? 3 : path.starts_with("encoder.1") ? 40 : 4) << path;
  }
}

TEST(PeftWhole, AnUntiedOutputLayerIsRefusedAndACopyIsNot) {
  const auto model = support::tiny_bert({.kind = HeadKind::masked_lm});
  AdapterFolder adapter;
  adapter.config["task_type"] = nullptr;
  adapter.config["modules_to_save"] = {"cls"};
  const std::string decoder = "base_model.model.cls.predictions.decoder.";
  adapter.tensors[decoder + "weight"] = model->parameter_at("embed.token.weight").leaf().clone();
  adapter.tensors[decoder + "bias"] = at::ones({30}, at::kDouble);
  adapter.tensors["base_model.model.cls.predictions.bias"] = at::ones({30}, at::kDouble);
  adapter.load(*model);
  EXPECT_TRUE(model->parameter_at("head.main.vocabulary.bias").leaf().equal(at::ones({30}, at::kDouble)));
  model->detach("theirs");
  adapter.tensors[decoder + "weight"] += 1;
  adapter.tensors[decoder + "bias"] += 1;
  expect_error(ErrorKind::data, [&] { adapter.load(*model); },
               {"decoder.weight: differs from embed.token.weight", "differs from another tensor for head.main.vocabulary.bias"});
}

TEST(PeftWhole, OfLoraAuthorsKeysToo) {
  AdapterFolder adapter;
  std::map<std::string, Tensor> renamed;
  for (const auto& [key, tensor] : adapter.tensors) renamed[key.substr(17, key.size() - 17 - 7)] = tensor;
  const auto wanted = support::tiny_bert(support::classes(3)), model = support::tiny_bert(support::classes(3));
  adapter.load(*wanted);
  adapter.tensors = renamed;
  adapter.file = "adapter.safetensors";
  EXPECT_EQ(renamed.begin()->first, "bert.encoder.layer.0.attention.self.query.lora_A");
  adapter.load(*model);
  EXPECT_TRUE(outputs_of(*model).equal(outputs_of(*wanted)));
}

TEST(PeftWhole, AnotherBackbonesAdapterSaysHowTheyDiffer) {
  AdapterFolder adapter;
  std::map<std::string, Tensor> renamed;
  for (const auto& [key, tensor] : adapter.tensors) {
    std::string name = key;
    renamed[name.replace(name.find("bert"), 4, "roberta")] =
        at::ones({tensor.size(0) == 2 ? 2 : 20, tensor.size(0) == 2 ? 20 : 2}, at::kDouble);
  }
  adapter.tensors = renamed;
  adapter.config["base_model_name_or_path"] = "roberta-base";
  const auto model = support::tiny_bert(support::classes(3));
  expect_error(ErrorKind::data, [&] { adapter.load(*model); },
               {"none of the adapter's 4 places", "(bert)", "roberta.encoder.layer.0.attention.self.query",
                "bert.encoder.layer.0.attention.self.query", "20 to 20", "12 to 12", "trained on 'roberta-base'"});
  EXPECT_TRUE(model->modifiers().empty());
}

TEST(PeftWhole, ADisabledUpdateIsNotMerged) {
  AdapterFolder adapter;
  const auto model = support::tiny_bert(support::classes(3));
  Lora& lora = adapter.load(*model).lora();
  const Tensor weight = model->parameter_at("encoder.0.attention.query.weight").leaf().clone();
  lora.enable(false);
  expect_error(ErrorKind::usage, [&] { lora.merge(*model); }, {"switched off"});
  EXPECT_TRUE(model->parameter_at("encoder.0.attention.query.weight").leaf().equal(weight));
}

TEST(PeftWhole, TrainedAlongIsCountedAndTrained) {
  const auto model = support::tiny_bert(support::classes(3));
  LoraOptions options;
  options.rank = 2;
  options.bias = "all";
  options.also = "embed.norm.*";
  auto& lora = dynamic_cast<Lora&>(model->attach(std::make_unique<Lora>(options), 1));
  int64_t size = 0;
  for (Parameter* p : lora.trained(*model)) size += p->size();
  EXPECT_EQ(size, lora.expected_size(*model));
  options.name = "overlap";
  options.also = "encoder.0.attention.query.*";
  expect_error(ErrorKind::usage, [&] { model->attach(std::make_unique<Lora>(options), 1); },
               {"encoder.0.attention.query.weight"});
  options.also = "nothing.here";
  expect_error(ErrorKind::usage, [&] { model->attach(std::make_unique<Lora>(options), 1); },
               {"'nothing.here' matches no parameter"});
}

TEST(PeftWhole, AModuleWithAnUpdateThatTrainsWholeHasNoPlaceThere) {
  const auto model = support::tiny_bert(support::classes(3));
  LoraOptions options;
  options.sites = "head.main.out";
  auto& lora = dynamic_cast<Lora&>(model->attach(std::make_unique<Lora>(options), 1));
  EXPECT_TRUE(peft_obstacles(*model, lora, {}).empty());
  EXPECT_FALSE(peft_obstacles(*model, lora, model->head()->parameters()).empty());
}

}  // namespace
}  // namespace espalier
