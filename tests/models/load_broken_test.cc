// Folders that must be refused, each with everything that is wrong in one message.
#include <limits>

#include "tests/models/folder.h"

namespace espalier {
namespace {

using support::expect_error;
using support::ModelFolder;
using support::TemporaryFolder;

TEST(LoadBroken, AllMisfitsAtOnce) {
  ModelFolder folder;
  folder.tensors.erase("bert.encoder.layer.0.attention.self.query.weight");
  folder.tensors["bert.encoder.layer.1.output.dense.bias"] = at::ones({13});
  folder.tensors["bert.encoder.layer.7.output.dense.bias"] = at::ones({12});
  folder.tensors["bert.pooler.dense.bias"] = at::ones({12}, at::kLong);
  expect_error(
      ErrorKind::data, [&] { folder.load(); },
      {"does not fit its config.json", "bert.encoder.layer.0.attention.self.query.weight: missing; expected shape [12, 12]",
       "bert.encoder.layer.1.output.dense.bias: shape [13]; expected [12]", "bert.encoder.layer.7.output.dense.bias: unknown",
       "bert.pooler.dense.bias: dtype I64"});
}

TEST(LoadBroken, ATensorUnderTwoNamesIsRefused) {
  ModelFolder folder;
  folder.tensors["pooler.dense.bias"] = at::ones({12});
  expect_error(ErrorKind::data, [&] { folder.load(); }, {"pooler.dense.bias: unknown"});
}

TEST(LoadBroken, NonFiniteWeightsAreRefusedByName) {
  for (double value : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    ModelFolder folder;
    for (const char* name : {"bert.embeddings.word_embeddings.weight", "bert.encoder.layer.1.intermediate.dense.weight"}) {
      folder.tensors[name] = folder.tensors[name].clone();
      folder.tensors[name][1][2] = value;
    }
    expect_error(
        ErrorKind::data, [&] { folder.load(); },
        {"bert.embeddings.word_embeddings.weight: holds NaN or infinite", "bert.encoder.layer.1.intermediate.dense.weight"});
    EXPECT_NO_THROW(folder.load({.check_finite = false}));
  }
}

TEST(LoadBroken, LargeFiniteWeightsAreNot) {
  ModelFolder folder;
  folder.tensors["bert.pooler.dense.weight"] = at::full({12, 12}, std::numeric_limits<float>::max());
  EXPECT_NO_THROW(folder.load());
}

TEST(LoadBroken, ConfigAndWeightsThatDisagree) {
  ModelFolder folder;
  folder.config["hidden_size"] = 24;
  expect_error(
      ErrorKind::data, [&] { folder.load(); },
      {"does not fit its config.json", "bert.encoder.layer.0.attention.self.key.weight: shape [12, 12]; expected [24, 24]",
       "bert.embeddings.word_embeddings.weight: shape [30, 12]; expected [30, 24]"});
}

TEST(LoadBroken, ConfigsThatCannotBeBuilt) {
  ModelFolder folder;
  folder.config["num_attention_heads"] = 5;
  folder.config["vocab_size"] = 0;
  folder.config["hidden_dropout_prob"] = 1.5;
  folder.config["is_decoder"] = true;
  folder.config["position_embedding_type"] = "relative_key";
  expect_error(ErrorKind::data, [&] { folder.load(); },
               {"num_attention_heads", "vocab_size", "hidden_dropout_prob", "is_decoder", "relative_key", "config.json"});
  ModelFolder odd;
  odd.config["hidden_act"] = "mish";
  expect_error(ErrorKind::unsupported, [&] { odd.load(); }, {"mish", "gelu"});
  ModelFolder text;
  text.config["hidden_size"] = "wide";
  expect_error(ErrorKind::data, [&] { text.load(); }, {"hidden_size", "wide"});
}

TEST(LoadBroken, AnUnsupportedFamilyNamesWhatThereIs) {
  ModelFolder folder;
  folder.config["model_type"] = "brt";
  expect_error(ErrorKind::unsupported, [&] { folder.load(); }, {"brt", "bert", "config.json"});
  folder.config.erase("model_type");
  expect_error(ErrorKind::data, [&] { folder.load(); }, {"model_type", "config.json"});
}

TEST(LoadBroken, APickleIsRefusedWithHowToConvertIt) {
  ModelFolder folder;
  const TemporaryFolder disk;
  write_json(disk / "config.json", folder.config);
  disk.write("pytorch_model.bin", "not read");
  expect_error(ErrorKind::data, [&] { load_model(disk.path(), {}, folder.log); }, {"pytorch_model.bin", "espalier convert"});
}

TEST(LoadBroken, AFolderWithoutConfigSaysWhatAModelIs) {
  const TemporaryFolder disk;
  MemoryLog log;
  expect_error(ErrorKind::data, [&] { load_model(disk.path(), {}, log); }, {"config.json", disk.path().string()});
}

TEST(LoadBroken, OddLabelTables) {
  ModelFolder folder;
  folder.config["id2label"] = {{"0", "a"}, {"2", "b"}};
  expect_error(ErrorKind::data, [&] { folder.load(); }, {"id2label", "\"2\""});
}

}  // namespace
}  // namespace espalier
