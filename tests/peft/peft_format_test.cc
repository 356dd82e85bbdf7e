// PEFT folders: settings and keys that cannot be honoured are refused together, and the model stays as it was.
#include <cmath>
#include <limits>

#include "tests/peft/adapter_folder.h"

namespace espalier {
namespace {

using support::expect_error;

struct Adapter : support::AdapterFolder {
  Lora& load(Model& model) { return AdapterFolder::load(model).lora(); }
};

std::vector<Parameter*> head_parameters(Model& model) {
  return model.head() != nullptr ? model.head()->parameters() : std::vector<Parameter*>{};
}

Tensor outputs(Model& model) { return support::outputs_of(model); }

TEST(PeftFormat, UnsupportedSettingsAreRefusedAllAtOnce) {
  Adapter adapter;
  adapter.config["use_bdlora"] = true;
  adapter.config["bias"] = "some";
  adapter.config["lora_bias"] = true;
  adapter.config["trainable_token_indices"] = {1};
  adapter.config["megatron_config"] = {{"a", 1}};
  adapter.config["target_parameters"] = {"weight"};
  adapter.config["layer_replication"] = {{0, 2}};
  adapter.config["of_the_future"] = 3;
  adapter.config["init_lora_weights"] = "pissa_niter_4";
  adapter.config["use_qalora"] = false;  // off: no complaint
  const auto model = support::tiny_bert(support::classes(3));
  const std::string text =
      expect_error(ErrorKind::unsupported, [&] { adapter.load(*model); },
                   {"use_bdlora", "\"bias\"", "lora_bias", "trainable_token_indices", "megatron_config", "target_parameters",
                    "layer_replication", "of_the_future", "pissa_niter_4", "adapter_config.json"});
  EXPECT_EQ(text.find("use_qalora"), std::string::npos);
  adapter.config["peft_type"] = "VERA";
  expect_error(ErrorKind::unsupported, [&] { adapter.load(*model); }, {"\"peft_type\" is \"VERA\"", "LORA", "PREFIX_TUNING"});
  EXPECT_TRUE(model->modifiers().empty());
}

TEST(PeftFormat, InitialisationsThatLeaveTheBaseAloneAreFine) {
  for (const nlohmann::json& initial :
       {nlohmann::json(true), nlohmann::json(false), nlohmann::json("gaussian"), nlohmann::json("eva")}) {
    Adapter adapter;
    adapter.config["init_lora_weights"] = initial;
    const auto model = support::tiny_bert(support::classes(3));
    EXPECT_EQ(adapter.load(*model).pairs().size(), 4u);
  }
}

TEST(PeftFormat, KeysAndShapesThatDoNotFitAreRefusedAllAtOnce) {
  Adapter adapter;
  const auto& a = [](int i, const char* which) { return Adapter::name(i, which) + ".lora_A.weight"; };
  adapter.tensors[a(0, "query")] = at::ones({2, 13}, at::kDouble);
  adapter.tensors[a(0, "value")] = at::ones({3, 12}, at::kDouble);  // B has rank 2
  adapter.tensors.erase(a(1, "query"));                             // B stands alone
  adapter.tensors[a(7, "query")] = at::ones({2, 12}, at::kDouble);  // no such layer here
  adapter.tensors[Adapter::name(7, "query") + ".lora_B.weight"] = at::ones({12, 2}, at::kDouble);
  adapter.tensors["base_model.model.gpt.h.0.attn.lora_A.weight"] = at::ones({2, 12}, at::kDouble);  // another family
  adapter.tensors["base_model.model.classifier.weight"] = at::ones({5, 12}, at::kDouble);           // three classes here
  adapter.tensors["base_model.model.bert.pooler.dense.weight"] = at::ones({12, 12}, at::kDouble);   // a base weight
  adapter.tensors["classifier"] = at::ones({1}, at::kDouble);
  const auto model = support::tiny_bert(support::classes(3));
  const Tensor before = outputs(*model);
  expect_error(ErrorKind::data, [&] { adapter.load(*model); },
               {"does not fit", "layer.0.attention.self.query.lora_A.weight: shape [2, 13]; expected [2, 12]",
                "layer.0.attention.self.value.lora_B.weight: shape [12, 2]; expected [12, 3]",
                "layer.1.attention.self.query: needs lora_A.weight", "layer.7.attention.self.query: fits no place",
                "gpt.h.0.attn: fits no place", "head.main.out.weight: shape [5, 12]; expected [3, 12]",
                "bert.pooler.dense.weight: a weight of the base", "classifier: fits no place"});
  EXPECT_TRUE(model->modifiers().empty());
  EXPECT_TRUE(outputs(*model).equal(before));
}

TEST(PeftFormat, ARankOfZeroIsRefused) {
  Adapter adapter;
  adapter.tensors[Adapter::name(0, "query") + ".lora_A.weight"] = at::ones({0, 12}, at::kDouble);
  adapter.tensors[Adapter::name(0, "query") + ".lora_B.weight"] = at::ones({12, 0}, at::kDouble);
  const auto model = support::tiny_bert(support::classes(3));
  expect_error(ErrorKind::data, [&] { adapter.load(*model); }, {"layer.0.attention.self.query: needs lora_A.weight [r, in]"});
}

TEST(PeftFormat, NaNIsRefusedByNameAndNothingStays) {
  Adapter adapter;
  adapter.tensors[Adapter::name(1, "value") + ".lora_B.weight"] = at::full({12, 2}, std::nan(""), at::kDouble);
  const auto model = support::tiny_bert({});
  adapter.tensors["base_model.model.classifier.weight"] = at::ones({4, 12}, at::kDouble);
  adapter.tensors["base_model.model.classifier.bias"] = at::ones({4}, at::kDouble);
  expect_error(ErrorKind::data, [&] { adapter.load(*model); }, {"layer.1.attention.self.value.lora_B.weight: holds NaN"});
  EXPECT_TRUE(model->modifiers().empty());
  EXPECT_EQ(model->head(), nullptr);
}

TEST(PeftFormat, AnAdapterWithoutAnyPairIsRefused) {
  Adapter adapter;
  adapter.tensors = {{"base_model.model.classifier.weight", at::ones({3, 12}, at::kDouble)}};
  const auto model = support::tiny_bert(support::classes(3));
  expect_error(ErrorKind::data, [&] { adapter.load(*model); }, {"no lora_A and lora_B"});
}

TEST(PeftFormat, AlphaPatternIsARegularExpressionForTheEndOfTheName) {
  Adapter adapter;
  adapter.config["alpha_pattern"] = {{"layer\\.1.*value", 10}, {"key", 99}, {"uery", 77}};
  const auto model = support::tiny_bert(support::classes(3));
  std::map<std::string, double> scales;
  for (const auto& pair : adapter.load(*model).pairs()) scales[pair->base.path()] = pair->scale;
  // "uery" fits no whole part of a name.
  const std::map<std::string, double> wanted = {{"encoder.0.attention.query", 2},
                                                {"encoder.0.attention.value", 2},
                                                {"encoder.1.attention.query", 2},
                                                {"encoder.1.attention.value", 5}};
  EXPECT_EQ(scales, wanted);
  Adapter broken;
  broken.config["alpha_pattern"] = {{"(", 10}};
  expect_error(ErrorKind::data, [&] { broken.load(*support::tiny_bert(support::classes(3))); },
               {"alpha_pattern", "regular expression"});
}

TEST(PeftFormat, RanksComeFromTheTensorsAndRsloraFromTheSettings) {
  Adapter adapter;
  adapter.config["use_rslora"] = true;
  adapter.config["rank_pattern"] = {{"0.attention.self.query", 9}};
  adapter.tensors[Adapter::name(0, "query") + ".lora_A.weight"] = at::ones({9, 12}, at::kDouble);
  adapter.tensors[Adapter::name(0, "query") + ".lora_B.weight"] = at::ones({12, 9}, at::kDouble);
  const auto model = support::tiny_bert(support::classes(3));
  for (const auto& pair : adapter.load(*model).pairs()) {
    const bool wide = pair->base.path() == "encoder.0.attention.query";
    EXPECT_EQ(pair->rank, wide ? 9 : 2);
    EXPECT_DOUBLE_EQ(pair->scale, 4 / std::sqrt(wide ? 9.0 : 2.0));
  }
}

TEST(PeftFormat, WithoutAHeadTheModelsOwnStays) {
  Adapter adapter;
  const auto model = support::tiny_bert(support::classes(3));
  const Tensor head = model->parameter_at("head.main.out.weight").leaf();
  adapter.load(*model);
  EXPECT_TRUE(model->parameter_at("head.main.out.weight").leaf().is_same(head));
  ASSERT_EQ(adapter.log.notes.size(), 1u);
  EXPECT_NE(adapter.log.notes[0].find("4 sites matched, head not present"), std::string::npos);
}

TEST(PeftFormat, ABareBackboneGetsTheAdaptersHead) {
  Adapter adapter;
  const Tensor weight = at::linspace(0, 1, 48, at::kDouble).view({4, 12});
  adapter.tensors["base_model.model.classifier.weight"] = weight;
  adapter.tensors["base_model.model.classifier.bias"] = at::ones({4}, at::kDouble);
  adapter.tensors["base_model.model.classifier.lora_A.weight"] = at::ones({2, 12}, at::kDouble);  // the head may be adapted too
  adapter.tensors["base_model.model.classifier.lora_B.weight"] = at::ones({4, 2}, at::kDouble);
  const auto model = support::tiny_bert({});
  EXPECT_EQ(adapter.load(*model).pairs().size(), 5u);
  ASSERT_NE(model->head(), nullptr);
  EXPECT_EQ(model->head()->options().labels.size(), 4u);
  EXPECT_TRUE(model->parameter_at("head.main.out.weight").leaf().equal(weight));
  EXPECT_EQ(outputs(*model).sizes(), (std::vector<int64_t>{2, 4}));
}

TEST(PeftFormat, TokenClassifiersKeepTheirKind) {
  Adapter adapter;
  adapter.config["task_type"] = "TOKEN_CLS";
  adapter.tensors["base_model.model.classifier.weight"] = at::ones({4, 12}, at::kDouble);
  adapter.tensors["base_model.model.classifier.bias"] = at::ones({4}, at::kDouble);
  const auto model = support::tiny_bert({});
  adapter.load(*model);
  EXPECT_EQ(outputs(*model).sizes(), (std::vector<int64_t>{7, 4}));
}

TEST(PeftFormat, EveryHeadSurvivesTheRoundTrip) {
  const std::vector<HeadOptions> heads = {{},
                                          support::classes(3),
                                          {.kind = HeadKind::regress},
                                          {.kind = HeadKind::tokens, .labels = {"a", "b"}},
                                          {.kind = HeadKind::masked_lm},
                                          {.kind = HeadKind::embed, .pooling = Pooling::mean}};
  for (const HeadOptions& head : heads) {
    SCOPED_TRACE(head_name(head.kind));
    const support::TemporaryFolder folder;
    const auto model = support::tiny_bert(head);
    LoraOptions options;
    options.sites = "encoder.*.attention.*, encoder.*.ffn.*, pooler";
    options.rank_pattern = {{"encoder.0.**", 3}};
    options.alpha_pattern = {{"**.up", 5}};
    auto& lora = dynamic_cast<Lora&>(model->attach(std::make_unique<Lora>(options), 1));
    for (const auto& pair : lora.pairs()) init::normal(pair->up.weight(), 0.2, 4, at::kDouble);
    if (model->head() != nullptr) {  // trained since
      for (Parameter* p : model->head()->parameters()) p->set(p->leaf() + 1);
    }
    save_peft(*model, lora, folder.path(), {.base = "base"}, head_parameters(*model));
    const auto fresh = support::tiny_bert(head);
    MemoryLog log;
    load_peft(*fresh, folder.path(), "lora", log);
    EXPECT_TRUE(outputs(*fresh).equal(outputs(*model)));
  }
}

TEST(PeftFormat, PlacesThatPeftCannotNameAreRefused) {
  const support::TemporaryFolder folder;
  const auto model = support::tiny_bert(support::classes(3));
  LoraOptions lower, upper;
  lower.name = "lower";
  upper.sites = "lower/**.down";
  model->attach(std::make_unique<Lora>(lower), 1);
  const auto& lora = dynamic_cast<Lora&>(model->attach(std::make_unique<Lora>(upper), 1));
  expect_error(ErrorKind::unsupported, [&] { save_peft(*model, lora, folder.path(), {}, head_parameters(*model)); },
               {"'lora' cannot be written", "lower/encoder.0.attention.query.down"});
}

}  // namespace
}  // namespace espalier
