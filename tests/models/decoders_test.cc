// What decoders have of their own: rows see only what came before, layers that a file stores fused and transposed, tied and
// untied output layers, the last row as the text's, settings, and real checkpoints.
#include <gtest/gtest.h>

#include <cstdlib>

#include "espalier/io/safetensors_folder.h"
#include "espalier/models/generate.h"
#include "espalier/models/heads.h"
#include "espalier/models/leaf.h"
#include "espalier/models/save.h"
#include "tests/support/files.h"
#include "tests/support/refused_setting.h"
#include "tests/support/tiny_families.h"

namespace espalier {
namespace {

using support::classes;
using support::tiny_family;
using support::tiny_model;

const HeadOptions kWriter{.kind = HeadKind::causal_lm};

Tensor output(Model& model, const Batch& batch) {
  at::NoGradGuard no_gradient;
  Pass pass;
  return model(batch, pass);
}

class Decoders : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Families, Decoders, testing::Values("gpt2", "llama"),
                         [](const auto& family) { return std::string(family.param); });

TEST_P(Decoders, ARowSeesNothingBehindIt) {
  const auto model = tiny_model(kWriter, tiny_family(GetParam()));
  Batch batch = support::random_batch({7, 4});
  const Tensor before = output(*model, batch);
  batch.ids[5] = (batch.ids[5] + 1) % 30;
  const Tensor after = output(*model, batch);
  EXPECT_TRUE(after.narrow(0, 0, 5).equal(before.narrow(0, 0, 5)));
  EXPECT_TRUE(after.narrow(0, 7, 4).equal(before.narrow(0, 7, 4))) << "another example";
  EXPECT_FALSE(after[6].equal(before[6]));
}

TEST_P(Decoders, ATextIsClassifiedByItsLastRow) {
  const auto model = tiny_model(classes(3), tiny_family(GetParam()));
  EXPECT_EQ(model->head()->options().pooling, Pooling::last);
  EXPECT_FALSE(model->head()->first_rows());
  EXPECT_EQ(model->head()->options().drop, 0);
  EXPECT_EQ(dynamic_cast<SequenceHead&>(*model->head()).out.bias(), nullptr);
  const Batch batch = support::random_batch({5, 2, 1});
  const Tensor logits = output(*model, batch);
  Pass pass;
  at::NoGradGuard no_gradient;
  const Tensor hidden = model->encode(batch, pass), weight = model->parameter_at("head.main.out.weight").leaf();
  EXPECT_LT((logits - at::mm(hidden.index_select(0, at::tensor({4, 6, 7}, at::kLong)), weight.t())).abs().max().item<double>(),
            1e-12);
}

TEST_P(Decoders, AnOutputLayerOfItsOwnIsReadAndWritten) {
  nlohmann::json config = tiny_family(GetParam());
  config["tie_word_embeddings"] = false;
  const auto model = tiny_model(kWriter, config);
  const support::TemporaryFolder folder;
  MemoryLog log;
  save_model(*model, folder.path(), fs::path(), log);
  const SafetensorsFolder file(folder.path());
  ASSERT_NE(file.find("lm_head.weight"), nullptr);
  const auto again = load_model(folder.path(), {.dtype = at::kDouble}, log);
  const Batch batch = support::random_batch({3, 2});
  EXPECT_TRUE(output(*again, batch).equal(output(*model, batch)));
}

TEST_P(Decoders, PredictNoMaskedPieces) {
  support::expect_error(ErrorKind::unsupported, [&] { tiny_model({.kind = HeadKind::masked_lm}, tiny_family(GetParam())); },
                        {GetParam(), "next piece", "causal_lm"});
  support::expect_error(ErrorKind::unsupported, [] { tiny_model(kWriter, tiny_family("bert")); },
                        {"bert", "causal_lm", "masked_lm"});
}

TEST(Gpt2, FusedLayersAreStoredWholeAndTransposed) {
  const auto model = tiny_model(kWriter, tiny_family("gpt2"));
  const support::TemporaryFolder folder;
  MemoryLog log;
  save_model(*model, folder.path(), fs::path(), log);
  const SafetensorsFolder file(folder.path());
  const auto tensor = [&](const std::string& name) { return tensor_of(*file.find("transformer.h.1." + name), at::kDouble); };
  std::vector<Tensor> weights, biases;
  for (const std::string part : {"query", "key", "value"}) {
    weights.push_back(model->parameter_at("decoder.1.attention." + part + ".weight").leaf());
    biases.push_back(model->parameter_at("decoder.1.attention." + part + ".bias").leaf());
  }
  EXPECT_TRUE(tensor("attn.c_attn.weight").equal(at::cat(weights, 0).t()));
  EXPECT_TRUE(tensor("attn.c_attn.bias").equal(at::cat(biases, 0)));
  EXPECT_TRUE(tensor("mlp.c_fc.weight").equal(model->parameter_at("decoder.1.ffn.up.weight").leaf().t()));
  EXPECT_TRUE(tensor("mlp.c_fc.bias").equal(model->parameter_at("decoder.1.ffn.up.bias").leaf()));
}

TEST(Gpt2, WhatIsWrongWithAFusedLayerIsSaidOnce) {
  const auto model = tiny_model(kWriter, tiny_family("gpt2"));
  const support::TemporaryFolder folder;
  MemoryLog log;
  save_model(*model, folder.path(), fs::path(), log);
  nlohmann::json config = tiny_family("gpt2");
  config["n_inner"] = 7;
  config["n_layer"] = 3;
  folder.write("config.json", config.dump());
  const std::string what = support::expect_error(ErrorKind::data, [&] { load_model(folder.path(), {.head = kWriter}, log); },
                                                 {"transformer.h.2.attn.c_attn.weight: missing; expected shape [12, 36]",
                                                  "transformer.h.0.mlp.c_fc.weight: shape [12, 25]; expected [12, 7]"});
  const size_t first = what.find("h.2.attn.c_attn.weight");
  EXPECT_EQ(what.find("h.2.attn.c_attn.weight", first + 1), std::string::npos) << what;
}

TEST(Decoder, SettingsThatCannotBeBuiltAreRefused) {
  const auto refused = support::expect_refused_setting;
  refused("gpt2", "n_head", 5, {"\"n_embd\" 12 is not a multiple of \"n_head\" 5"});
  refused("gpt2", "n_head", 0, {"\"n_head\" is 0; expected at least 1"});
  refused("gpt2", "add_cross_attention", true, {"\"add_cross_attention\" is true"});
  refused("llama", "num_key_value_heads", 3, {"\"num_attention_heads\" 4 is not a multiple of \"num_key_value_heads\" 3"});
  refused("llama", "head_dim", 3, {"\"head_dim\" is 3", "even"});
  refused("llama", "rope_scaling", {{"type", "linear"}, {"factor", 2}},
          {"\"rope_scaling\" is of type 'linear'", "only 'default'"});
  refused("llama", "rope_parameters", {{"rope_type", "yarn"}, {"rope_theta", 5}}, {"'yarn'"});
  refused("llama", "rope_theta", -1, {"\"rope_theta\" is -1"});
  refused("llama", "num_attention_heads", 0, {"\"num_attention_heads\" is 0"});
}

/// Greedy ids and the logits that the checkpoint's own program gave.
void reads_as_expected(const char* name) {
  if (std::getenv("ESPALIER_DATA") == nullptr) GTEST_SKIP() << "ESPALIER_DATA is not set: the real checkpoint was not read";
  const fs::path folder = fs::path(std::getenv("ESPALIER_DATA")) / "models" / name;
  if (!fs::exists(folder / "config.json")) GTEST_SKIP() << folder << " is not there: the real checkpoint was not read";
  MemoryLog log;
  const auto model = load_model(folder, {}, log);
  ASSERT_EQ(model->head()->options().kind, HeadKind::causal_lm);
  const nlohmann::json expected = nlohmann::json::parse(read_file(folder / "expected.json"));
  const Ids ids = expected.at("greedy_ids_from_bos").get<Ids>();
  const Generated text = generate(*model, {{ids[0]}}, {.max_new = int64_t(ids.size()) - 1})[0];
  EXPECT_EQ(text.ids, Ids(ids.begin() + 1, ids.end()));
  Batch batch;
  batch.ids = at::tensor(Ids(ids.begin(), ids.begin() + 16), at::kLong);
  batch.segments = at::zeros_like(batch.ids);
  batch.frame = make_frame({16});
  batch.examples = {0};
  const auto logits = expected.at("logits_last_of_first_16").get<std::vector<double>>();
  const Tensor ours = output(*model, batch)[15];
  for (size_t i = 0; i < logits.size(); ++i) {
    EXPECT_NEAR(ours[int64_t(i)].item<double>(), logits[i], 5e-5) << i;  // rounded there to five digits, fp32 both
  }
}

TEST(Llama, ReadsARealCheckpointOfStories) { reads_as_expected("stories260k"); }
TEST(Llama, ReadsARealCheckpointOfLetters) { reads_as_expected("babyllama105"); }

TEST(Gpt2, ReadsARealCheckpointOfNames) {
  if (std::getenv("ESPALIER_DATA") == nullptr) GTEST_SKIP() << "ESPALIER_DATA is not set: the real checkpoint was not read";
  const fs::path folder = fs::path(std::getenv("ESPALIER_DATA")) / "models" / "makemore-names";
  if (!fs::exists(folder / "config.json")) GTEST_SKIP() << folder << " is not there: the real checkpoint was not read";
  MemoryLog log;
  const auto model = load_model(folder, {}, log);
  EXPECT_NE(&dynamic_cast<CausalLmHead&>(*model->head()).vocabulary->weight(), &model->backbone().token_table());
  // Names end; a model that has not learned them writes on.
  int64_t ended = 0;
  for (const Generated& name : generate(*model, std::vector<Ids>(50, Ids{0}), {.max_new = 15, .sample = true, .ends = {0}})) {
    ended += name.ids.back() == 0 ? 1 : 0;
  }
  EXPECT_GT(ended, 45);
}

}  // namespace
}  // namespace espalier
