// Adapters and whole models of others at the command: what a PEFT folder holds, whom it fits, and who reads a merged model.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "espalier/io/json.h"
#include "tests/cli/world.h"

namespace espalier::test {
namespace {

TEST(ShowAdapter, ListsPlacesAndSingularValues) {
  const World& world = World::shared();
  const Outcome said = run({"show", "adapter", world.path("run")});
  ASSERT_EQ(said.code, 0) << said.err;
  expect_says(said.out,
              {"bert.encoder.layer.0.attention.self.query", "singular values", "classifier.weight", "[2, 32]", "alpha / rank"});
  const Outcome json = run({"show", "adapter", world.path("run") + "/adapter", "--json"});
  const nlohmann::json summary = parse_json(json.out, "standard output");
  ASSERT_EQ(summary.at("places").size(), 12u);
  for (const auto& place : summary.at("places")) EXPECT_EQ(place.at("singular_values").size(), 4u);
  const Outcome none = run({"show", "adapter", world.path("model")});
  EXPECT_EQ(none.code, 2);
  expect_says(none.err, {"adapter_config.json is missing"});
}

TEST(ShowAdapter, TheRealOneIsListedAndRefusedOnAnotherBackbone) {
  if (std::getenv("ESPALIER_DATA") == nullptr) GTEST_SKIP() << "ESPALIER_DATA is not set: the real adapter was not read";
  const fs::path folder = fs::path(std::getenv("ESPALIER_DATA")) / "adapters" / "roberta-base-mnli-lora";
  if (!fs::exists(folder)) GTEST_SKIP() << "there is no " << folder;
  const Outcome said = run({"show", "adapter", folder.string()});
  ASSERT_EQ(said.code, 0) << said.err;
  expect_says(said.out,
              {"roberta-base", "roberta.encoder.layer.11.attention.self.value", "7.63 4.5 2.74 1.6 1.46 1.2 0.717 0.3"});
  const World& world = World::shared();
  const Outcome wrong =
      run({"predict", "--model", world.path("model"), "--adapter", folder.string(), world.path("new.csv"), "--text", "words"});
  EXPECT_EQ(wrong.code, 1);
  expect_says(wrong.err, {"none of the adapter's 24 places", "768 to 768", "32 to 32", "its blocks: 12, here: 2",
                          "trained on 'roberta-base'"});
  EXPECT_EQ(wrong.out, "");
}

TEST(Merge, SaysWhoReadsAModelThatPoolsItsOwnWay) {
  const World& world = World::shared();
  const support::TemporaryFolder folder;
  const std::string trained = (folder / "run").string(), merged = (folder / "merged").string();
  const Outcome train = run(world.train(trained, {"--pooling", "mean"}));
  ASSERT_EQ(train.code, 0) << train.err;
  const Outcome said = run({"merge", trained, "--out", merged});
  ASSERT_EQ(said.code, 0) << said.err;
  expect_says(said.out, {"sentence-transformers loads it", "'mean' pooling", "the head stands beside it", "largest change"});
  for (const char* file :
       {"modules.json", "1_Pooling/config.json", "head/head.json", "head/head.safetensors", "model.safetensors"}) {
    EXPECT_TRUE(fs::exists(fs::path(merged) / file)) << file;
  }
  const Outcome a = run({"predict", trained, world.path("new.csv"), "--text", "words"});
  const Outcome b = run({"predict", merged, world.path("new.csv"), "--text", "words"});
  EXPECT_EQ(b.code, 0) << b.err;
  const auto labels = [](const std::string& csv) {  // probabilities may differ in the last digits of a merged update
    std::string out;
    for (size_t line = 0; line < csv.size(); line = csv.find('\n', line) + 1)
      out += csv.substr(line, csv.find(',', line) - line) + "\n";
    return out;
  };
  EXPECT_EQ(labels(b.out), labels(a.out));
  EXPECT_NE(a.out.find("warm"), std::string::npos);
}

}  // namespace
}  // namespace espalier::test
