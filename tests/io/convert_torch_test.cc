// Folders: single and sharded weights, what comes along, and what is refused.
#include "espalier/io/convert_torch.h"

#include <gtest/gtest.h>

#include "espalier/io/safetensors_folder.h"
#include "tests/support/files.h"
#include "tests/support/raw_zip.h"

namespace espalier {
namespace {

using support::expect_error;
using support::TemporaryFolder;
using namespace std::string_literals;

const fs::path kOracle = fs::path(ESPALIER_TESTS_DIR) / "oracle/torch_files";

void add(const TemporaryFolder& folder, const std::string& name, const char* oracle) {
  folder.write(name, read_file(kOracle / oracle));
}

Conversion convert(const fs::path& from, const fs::path& to, MemoryLog log = {}) { return convert_torch(from, to, {}, log); }

TEST(ConvertTorch, AFolderBecomesAFolder) {
  const TemporaryFolder from, to;
  add(from, "pytorch_model.bin", "module.bin");
  from.write("config.json", "{}");
  from.write("1_Pooling/config.json", "{}");
  from.write("notes.txt", "not of the model");
  const Conversion done = convert(from.path(), to / "new");
  EXPECT_EQ(read_file(to / "new/model.safetensors"), read_file(kOracle / "module.safetensors"));
  EXPECT_EQ(done.copied, (std::vector<std::string>{"config.json", "1_Pooling/config.json"}));
  EXPECT_FALSE(fs::exists(to / "new/notes.txt"));
  expect_error(ErrorKind::usage, [&] { convert(from.path(), to / "new"); }, {"model.safetensors", "there already"});
}

TEST(ConvertTorch, AFolderMayBecomeItself) {
  const TemporaryFolder folder;
  add(folder, "adapter_model.bin", "module.bin");
  folder.write("adapter_config.json", "{}");
  EXPECT_TRUE(convert(folder.path(), folder.path()).copied.empty());
  EXPECT_EQ(folder.listing(), "adapter_config.json adapter_model.bin adapter_model.safetensors");
}

void write_shards(const TemporaryFolder& folder, const std::string& extra = "") {
  add(folder, "a.bin", "module.bin");
  add(folder, "b.bin", "tied.bin");
  std::string index = R"({"weight_map":{)" + extra;
  for (const char* name :
       {"0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked"}) {
    index += "\"" + std::string(name) + R"(":"a.bin",)";
  }
  folder.write("pytorch_model.bin.index.json",
               index + R"("shared.weight":"b.bin","embed.weight":"b.bin","head.weight":"b.bin","part":"b.bin"}})");
}

TEST(ConvertTorch, ShardsAreReadByTheirIndex) {
  const TemporaryFolder from, to;
  write_shards(from);
  MemoryLog log;
  const Conversion done = convert_torch(from.path(), to.path(), {}, log);
  EXPECT_EQ(done.tensors, 11);
  const SafetensorsFolder read(to.path());
  EXPECT_EQ(read.names().size(), 11U);
  EXPECT_EQ(read.at("part").shape, (std::vector<int64_t>{2, 2}));
  ASSERT_EQ(log.notes.size(), 1U) << "tied weights are told";
  EXPECT_NE(log.notes[0].find("embed.weight = head.weight = shared.weight"), std::string::npos) << log.notes[0];
}

TEST(ConvertTorch, ShardsAndIndexMustFit) {
  const TemporaryFolder from, to;
  write_shards(from, R"("gone":"a.bin",)");
  expect_error(ErrorKind::data, [&] { convert(from.path(), to.path()); }, {"'gone' is not there"});
  write_shards(from, R"("gone":"../a.bin",)");
  expect_error(ErrorKind::data, [&] { convert(from.path(), to.path()); }, {"'gone' is placed in text \"../a.bin\""});
  write_shards(from);
  add(from, "a.bin", "every_dtype.bin");
  expect_error(ErrorKind::data, [&] { convert(from.path(), to.path()); },
               {"'0.bias' is not there", "'bool.weight' is not in the index"});
  EXPECT_EQ(to.listing(), "");
}

// One byte of storage, expanded to a billion: the file has 300 bytes.
TEST(ConvertTorch, AnExpandedViewIsRefused) {
  const TemporaryFolder folder;
  const std::string pickle =
      "\x80\x02}X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nByteStorage\n"
      "X\x01\x00\x00\x00"
      "0X\x03\x00\x00\x00"
      "cpuK\x01tQK\x00J\x00\xca\x9a\x3b\x85K\x00\x85\x89}tRs."s;
  folder.write("x.bin", support::raw_zip({{"a/data.pkl", pickle}, {"a/data/0", "x"}}));
  expect_error(ErrorKind::data, [&] { convert(folder / "x.bin", folder / "y.safetensors"); },
               {"more than 16 times", "'w' has shape [1000000000]", "fill a disk"});
  EXPECT_EQ(folder.listing(), "x.bin");
}

TEST(ConvertTorch, NothingToConvertIsSaid) {
  const TemporaryFolder folder;
  expect_error(ErrorKind::usage, [&] { convert(folder / "absent", folder / "out"); }, {"no such file or folder"});
  expect_error(ErrorKind::data, [&] { convert(folder.path(), folder / "out"); }, {"neither pytorch_model.bin nor"});
}

}  // namespace
}  // namespace espalier
