// peft's folders of DoRA, (IA)³, norms, prompts and prefixes against peft in double: read, logits, loss, all gradients under the
// names of the folder, merged logits, and the folder written again.
#include <gtest/gtest.h>

#include "espalier/peft/catalogue.h"
#include "espalier/peft/formats/peft.h"
#include "espalier/peft/formats/peft_file.h"
#include "tests/support/oracle_model.h"

namespace espalier {
namespace {

using support::TemporaryFolder;

// Double, values near 1, two layers.
constexpr double kRounding = 1e-10;

struct World {
  support::OracleCase oracle;
  TemporaryFolder base, adapter;
  std::unique_ptr<Model> model;
  MemoryLog log;

  explicit World(const std::string& type) : oracle(support::read_case("peft_types/" + type)) {
    model = support::oracle_model(oracle, base, support::oracle_head(oracle));
    for (const auto& [name, tensor] : oracle.tensors) {
      if (name.starts_with("initial.")) tensors[name.substr(8)] = tensor;
    }
    config = nlohmann::ordered_json(oracle.about.at("adapter"));
  }

  std::map<std::string, Tensor> tensors;
  nlohmann::ordered_json config;

  LoadedPeft load() {
    std::vector<NamedTensor> named;
    for (const auto& [key, tensor] : tensors) named.push_back(named_tensor(key, tensor));
    write_safetensors(adapter / "adapter_model.safetensors", named);
    write_json(adapter / "adapter_config.json", config);
    return load_peft(*model, adapter.path(), "theirs", log);
  }
  Tensor logits() {
    Pass pass;
    return (*model)(support::packed_batch(oracle.tensors), pass);
  }
  std::vector<Parameter*> trained(const LoadedPeft& loaded) {
    std::vector<Parameter*> trained = loaded.method.trained(*model);
    trained.insert(trained.end(), loaded.whole.begin(), loaded.whole.end());
    return trained;
  }
};

support::Tensors tensors_of(const fs::path& folder) {
  return support::all_tensors(Safetensors(folder / "adapter_model.safetensors"));
}

class PeftTypes : public testing::TestWithParam<const char*> {};

TEST_P(PeftTypes, EqualPeft) {
  World w(GetParam());
  const LoadedPeft loaded = w.load();
  for (Parameter* p : w.trained(loaded)) p->train(true);
  const Tensor forward = w.logits();
  EXPECT_LT(support::distance(forward, w.oracle.tensors.at("logits")), kRounding);
  const Tensor loss = at::cross_entropy_loss(forward, w.oracle.tensors.at("labels"));
  EXPECT_NEAR(loss.item<double>(), w.oracle.tensors.at("loss").item<double>(), kRounding);
  torch::autograd::backward({loss}, {});
  // Gradients in the places of the numbers: the folder gives them peft's names.
  std::vector<Tensor> leaves;
  for (Parameter* p : w.trained(loaded)) {
    leaves.push_back(p->leaf().detach());
    p->set(p->leaf().grad());
  }
  const TemporaryFolder folder;
  save_peft(*w.model, loaded.method, folder.path(), loaded.notes, loaded.whole);
  const support::Tensors found = tensors_of(folder.path());
  size_t compared = 0;
  for (const auto& [name, gradient] : w.oracle.tensors) {
    if (!name.starts_with("grad.")) continue;
    ASSERT_TRUE(found.contains(name.substr(5))) << name;
    EXPECT_LT(support::distance(found.at(name.substr(5)), gradient), kRounding) << name;
    ++compared;
  }
  EXPECT_EQ(compared, found.size());
  for (size_t i = 0; i < leaves.size(); ++i) w.trained(loaded)[i]->set(leaves[i]);

  const bool merges = w.oracle.tensors.contains("logits.merged");
  EXPECT_EQ(loaded.method.merge(*w.model), merges);
  if (!merges) return;
  EXPECT_LT(support::distance(w.logits().detach(), w.oracle.tensors.at("logits.merged")), kRounding);
}

TEST_P(PeftTypes, AreWrittenAsTheyWereRead) {
  World w(GetParam());
  const LoadedPeft loaded = w.load();
  const TemporaryFolder folder;
  save_peft(*w.model, loaded.method, folder.path(), loaded.notes, loaded.whole);
  const support::Tensors written = tensors_of(folder.path());
  ASSERT_EQ(written.size(), w.tensors.size());
  for (const auto& [name, tensor] : w.tensors) {
    ASSERT_TRUE(written.contains(name)) << name;
    EXPECT_TRUE(written.at(name).equal(tensor)) << name;
  }
  const nlohmann::json config = read_json(folder / "adapter_config.json");
  for (const char* key : {"peft_type", "task_type", "peft_version", "inference_mode", "num_virtual_tokens", "token_dim",
                          "num_layers", "num_attention_heads", "num_transformer_submodules", "use_dora", "r", "lora_alpha"}) {
    if (!w.config.contains(key)) continue;
    EXPECT_EQ(config.at(key), nlohmann::json(w.config.at(key))) << key;
  }
  // And read once more.
  const auto again = support::oracle_model(w.oracle, w.base, support::oracle_head(w.oracle));
  load_peft(*again, folder.path(), "", w.log);
  EXPECT_EQ(again->modifiers()[0]->name(), methods().find(loaded.method.kind()).make(Value::Object{}, "m")->name());
  Pass pass;
  EXPECT_TRUE((*again)(support::packed_batch(w.oracle.tensors), pass).equal(w.logits()));
}

TEST_P(PeftTypes, WhatDoesNotFitIsRefusedByName) {
  {
    World w(GetParam());
    w.config["of_the_future"] = 3;
    support::expect_error(ErrorKind::unsupported, [&] { w.load(); }, {"of_the_future", "adapter_config.json"});
    EXPECT_TRUE(w.model->modifiers().empty());
  }
  for (const auto& [name, tensor] : World(GetParam()).tensors) {
    if (name.find("classifier") != std::string::npos) continue;
    World w(GetParam());
    w.tensors[name] = at::ones({5}, at::kDouble);
    support::expect_error(ErrorKind::data, [&] { w.load(); }, {name == "prompt_embeddings" ? name : name.substr(17, 26)});
    w.tensors[name] = at::full_like(tensor, std::nan(""));
    support::expect_error(ErrorKind::data, [&] { w.load(); }, {"NaN"});
    w.tensors.erase(name);
    EXPECT_THROW(w.load(), Error) << name;
    w.tensors[name + ".more"] = tensor;
    EXPECT_THROW(w.load(), Error) << name;
    EXPECT_TRUE(w.model->modifiers().empty());
  }
}

TEST_P(PeftTypes, AreDescribedWithoutAModel) {
  World w(GetParam());
  w.load();
  const PeftSummary summary = describe_peft(w.adapter.path());
  EXPECT_EQ(peft_type_name(summary.type), w.config.at("peft_type").get<std::string>());
  int64_t count = 0;
  for (const auto& [name, tensor] : w.tensors) count += tensor.numel();
  EXPECT_EQ(summary.parameters, count);
}

INSTANTIATE_TEST_SUITE_P(Types, PeftTypes, testing::Values("dora", "ia3", "norms", "prompt", "prefix"),
                         [](const auto& type) { return std::string(type.param); });

TEST(PeftTypes, SettingsAgainstTensors) {
  World dora("dora");
  dora.config["use_dora"] = false;
  support::expect_error(ErrorKind::data, [&] { dora.load(); }, {"lora_magnitude_vector", "use_dora"});
  World ia3("ia3");
  ia3.config["feedforward_modules"] = {"output.dense", "key"};
  support::expect_error(ErrorKind::data, [&] { ia3.load(); }, {"key.ia3_l", "[8, 1]", "[1, 8]"});
  World norms("norms");
  norms.config["target_modules"] = {"LayerNorm"};
  support::expect_error(ErrorKind::data, [&] { norms.load(); }, {"embeddings.LayerNorm", "\"target_modules\" names it"});
  World prompt("prompt");
  prompt.config["num_transformer_submodules"] = 2;
  support::expect_error(ErrorKind::unsupported, [&] { prompt.load(); }, {"num_transformer_submodules", "2"});
  World prefix("prefix");
  prefix.config["num_virtual_tokens"] = 0;
  support::expect_error(ErrorKind::data, [&] { prefix.load(); }, {"num_virtual_tokens", "0"});
}

TEST(PeftTypes, ThereMustBePositionsForTheRows) {
  for (const char* type : {"prompt", "prefix"}) {
    World w(type);
    w.load();
    const int64_t length = w.config.at("num_virtual_tokens").get<int64_t>();
    Batch batch;
    batch.frame = make_frame({2, 13 - length});
    batch.ids = batch.segments = at::ones({15 - length}, at::kLong);
    Pass pass;
    support::expect_error(ErrorKind::data, [&] { (*w.model)(batch, pass); }, {"'theirs'", "13 positions", "has 12"});
  }
}

TEST(PeftTypes, OtherReadingsAndOtherMethodsAreRefused) {
  const support::OracleCase c = support::read_case("peft_types/prompt");
  const TemporaryFolder base, folder;
  const auto model = support::oracle_model(c, base, support::oracle_head(c));
  const auto refused = [&](const char* kind, std::initializer_list<std::string_view> pieces) {
    Modifier& method = model->attach(methods().find(kind).make(Value::Object{}, "method"), 1);
    support::expect_error(
        ErrorKind::unsupported, [&] { save_peft(*model, method, folder.path(), {}, {}); }, pieces);
    model->detach(method.name());
  };
  refused("prompt", {"prompt: ", "reading = \"peft\""});
  refused("prefix", {"prefix: ", "reading = \"peft\""});
  refused("compacter", {"no type for the method 'compacter'"});
  refused("bitfit", {"no type for the method 'bitfit'"});
}

}  // namespace
}  // namespace espalier
