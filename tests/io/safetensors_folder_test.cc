#include "espalier/io/safetensors_folder.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "espalier/io/json.h"
#include "espalier/io/safetensors_writer.h"
#include "tests/io/raw_safetensors.h"
#include "tests/support/files.h"

namespace espalier {
namespace {

using support::expect_error;
using support::raw_safetensors;
using support::TemporaryFolder;

std::string one_tensor(const std::string& name) {
  return raw_safetensors("{\"" + name + R"(":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", 2);
}

void refused(const TemporaryFolder& folder, std::initializer_list<std::string_view> pieces) {
  expect_error(
      ErrorKind::data, [&] { SafetensorsFolder read(folder.path()); }, pieces);
}

// An index over the shards "1" with tensor a and "2" with tensor b, which a test may then break.
void write_pair(const TemporaryFolder& folder, const std::string& weight_map) {
  folder.write("1.safetensors", one_tensor("a"));
  folder.write("2.safetensors", one_tensor("b"));
  folder.write("model.safetensors.index.json", R"({"metadata":{"total_size":4},"weight_map":)" + weight_map + "}");
}

TEST(SafetensorsFolder, ReadsASingleFileAndAnotherStem) {
  const TemporaryFolder folder;
  folder.write("model.safetensors", one_tensor("a"));
  folder.write("adapter_model.safetensors", one_tensor("b"));
  EXPECT_EQ(SafetensorsFolder(folder.path()).names(), std::vector<std::string>{"a"});
  EXPECT_EQ(SafetensorsFolder(folder.path(), "adapter_model").names(), std::vector<std::string>{"b"});
  EXPECT_EQ(SafetensorsFolder(folder / "adapter_model.safetensors").names(), std::vector<std::string>{"b"});
}

TEST(SafetensorsFolder, ReadsShards) {
  const TemporaryFolder folder;
  write_pair(folder, R"({"a":"1.safetensors","b":"2.safetensors"})");
  const SafetensorsFolder read(folder.path());
  EXPECT_EQ(read.names(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(read.files().size(), 2U);
  EXPECT_EQ(read.at("b").bytes.size(), 2U);
  EXPECT_EQ(read.find("c"), nullptr);
  expect_error([&] { read.at("c"); }, {"no tensor 'c'"});
}

TEST(SafetensorsFolder, ShardsGoRound) {
  const TemporaryFolder folder;
  folder.write("model.safetensors", "of an earlier write");
  const std::vector<std::byte> bytes(40);
  std::vector<NamedTensor> tensors;
  for (int i = 0; i < 5; ++i) tensors.push_back({"t" + std::to_string(i), DType::i64, {5}, bytes});
  const auto files = write_sharded(folder.path(), tensors, 90, {{"format", "pt"}});
  ASSERT_EQ(files.size(), 4U);
  EXPECT_EQ(folder.listing(),
            "model-00001-of-00003.safetensors model-00002-of-00003.safetensors model-00003-of-00003.safetensors "
            "model.safetensors.index.json");
  const nlohmann::json index = read_json(files.back());
  EXPECT_EQ(index["metadata"]["total_size"], 200);
  EXPECT_EQ(index["weight_map"]["t3"], "model-00002-of-00003.safetensors");
  const SafetensorsFolder read(folder.path());
  EXPECT_EQ(read.names().size(), 5U);
  EXPECT_EQ(read.metadata().at("format"), "pt");

  EXPECT_EQ(write_sharded(folder.path(), tensors, 1000).size(), 1U);
  EXPECT_EQ(folder.listing(), "model.safetensors");
  EXPECT_EQ(SafetensorsFolder(folder.path()).names().size(), 5U);
}

TEST(SafetensorsFolder, ATensorLargerThanAShardStandsAlone) {
  const TemporaryFolder folder;
  const std::vector<std::byte> bytes(40);
  write_sharded(folder.path(), {{"a", DType::i64, {5}, bytes}, {"b", DType::i64, {5}, bytes}}, 8);
  EXPECT_EQ(SafetensorsFolder(folder.path()).files().size(), 2U);
}

TEST(SafetensorsFolder, RefusesAFolderWithoutWeights) {
  const TemporaryFolder folder;
  expect_error([&] { SafetensorsFolder read(folder / "absent"); }, {"absent", "no such folder"});
  refused(folder, {"neither model.safetensors nor model.safetensors.index.json", "Hugging Face"});
  folder.write("tf_model.h5", "");
  folder.write("adapter_model.safetensors", "");
  refused(folder, {"the folder holds adapter_model.safetensors, tf_model.h5"});
}

TEST(SafetensorsFolder, RefusesAPickleWithHowToConvertIt) {
  const TemporaryFolder folder;
  folder.write("pytorch_model.bin", "PK");
  refused(folder, {"only pytorch_model.bin, a pickle", "try: espalier convert " + folder.path().string()});
  const TemporaryFolder adapter;
  adapter.write("adapter_model.bin", "PK");
  expect_error([&] { SafetensorsFolder read(adapter.path(), "adapter_model"); },
               {"no adapter_model.safetensors", "espalier convert " + adapter.path().string()});
  const TemporaryFolder other;
  other.write("weights.pt", "PK");
  refused(other, {"try: espalier convert " + (other / "weights.pt").string() + " " + other.path().string()});
}

TEST(SafetensorsFolder, RefusesABrokenIndex) {
  const TemporaryFolder folder;
  write_pair(folder, "{}");
  refused(folder, {"names no tensor"});
  write_pair(folder, "[]");
  refused(folder, {"\"weight_map\" is a list of 0; expected an object"});
  write_pair(folder, R"({"a":1,"b":"2.safetensors"})");
  refused(folder, {"tensor 'a' is placed in integer 1"});
  folder.write("model.safetensors.index.json", "{}");
  refused(folder, {"\"weight_map\" is missing"});
  folder.write("model.safetensors.index.json", "{");
  refused(folder, {"index.json:1:2", "not valid JSON"});
}

TEST(SafetensorsFolder, RefusesShardsOutsideTheFolder) {
  const TemporaryFolder folder;
  for (const char* shard : {"../1.safetensors", "/etc/passwd", "sub/1.safetensors", "..", "", "a\\\\b", "nul\\u0000"}) {
    write_pair(folder, R"({"a":")" + std::string(shard) + R"(","b":"2.safetensors"})");
    refused(folder, {"tensor 'a' is placed in \"", "expected the name of a file beside the index"});
  }
}

TEST(SafetensorsFolder, RefusesShardsThatDoNotFitTheIndex) {
  const TemporaryFolder folder;
  write_pair(folder, R"({"a":"1.safetensors","c":"3.safetensors","b":"2.safetensors"})");
  refused(folder, {"the shard 3.safetensors is not in the folder", "download"});
  write_pair(folder, R"({"a":"1.safetensors","b":"2.safetensors","c":"2.safetensors"})");
  refused(folder, {"tensor 'c' is not in 2.safetensors, where the index places it"});
  write_pair(folder, R"({"a":"1.safetensors","b":"2.safetensors"})");
  folder.write("2.safetensors", one_tensor("a"));
  refused(folder, {"tensor 'a' is both in 1.safetensors and in 2.safetensors", "tensor 'b' is not in 2.safetensors"});
  folder.write("2.safetensors", one_tensor("d"));
  refused(folder, {"tensor 'd' is in 2.safetensors, but not in the index"});
}

}  // namespace
}  // namespace espalier
