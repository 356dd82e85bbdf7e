// Files of torch.save, of torch itself and made by hand: the tensors, and what is refused.
#include "espalier/io/torch_file.h"

#include <gtest/gtest.h>

#include "espalier/io/convert_torch.h"
#include "espalier/io/safetensors.h"
#include "tests/support/files.h"
#include "tests/support/raw_zip.h"

namespace espalier {
namespace {

using support::expect_error;
using support::raw_zip;
using support::TemporaryFolder;
using namespace std::string_literals;

const fs::path kOracle = fs::path(ESPALIER_TESTS_DIR) / "oracle/torch_files";

// tests/oracle/torch_files holds each case twice: as torch.save wrote it, and as safetensors.torch.save_file did.
class OracleFile : public ::testing::TestWithParam<const char*> {};

TEST_P(OracleFile, IsConvertedByteForByte) {
  const TemporaryFolder folder;
  MemoryLog log;
  const Conversion done = convert_torch(kOracle / (GetParam() + ".bin"s), folder / "out.safetensors", {}, log);
  EXPECT_EQ(read_file(folder / "out.safetensors"), read_file(kOracle / (GetParam() + ".safetensors"s)));
  EXPECT_EQ(size_t(done.tensors), Safetensors(folder / "out.safetensors").names().size());
  EXPECT_EQ(folder.listing(), "out.safetensors");
}

INSTANTIATE_TEST_SUITE_P(TorchFile, OracleFile,
                         ::testing::Values("every_dtype", "every_dtype_legacy", "views", "views_legacy", "tied", "module",
                                           "module_protocol_4"),
                         [](const auto& one) { return std::string(one.param); });

TEST(TorchFile, ContiguousTensorsAreViewsOfTheFile) {
  const TorchFile file(kOracle / "views.bin");
  EXPECT_TRUE(file.tensors().at("base").contiguous());
  EXPECT_TRUE(file.tensors().at("row").contiguous());
  EXPECT_TRUE(file.tensors().at("position_ids").contiguous());
  EXPECT_TRUE(file.tensors().at("empty").contiguous());
  EXPECT_FALSE(file.tensors().at("transposed").contiguous());
  EXPECT_FALSE(file.tensors().at("expanded").contiguous());
  EXPECT_EQ(file.tensors().at("row").bytes.data(), file.tensors().at("base").bytes.data() + 2 * 6 * 4);
}

TEST(TorchFile, TensorsUnderAKeyAreFound) {
  const TorchFile nested(kOracle / "nested.bin");
  EXPECT_EQ(nested.section(), "state_dict");
  EXPECT_EQ(nested.left_out(), (std::vector<std::string>{"epoch", "loss", "optimizer"}));
  const TemporaryFolder folder;
  MemoryLog log;
  convert_torch(kOracle / "nested.bin", folder / "out.safetensors", {}, log);
  EXPECT_EQ(read_file(folder / "out.safetensors"), read_file(kOracle / "module.safetensors"));
  ASSERT_EQ(log.notes.size(), 1U);
  EXPECT_EQ(log.notes[0], "nested.bin: the tensors of 'state_dict'; left out: epoch, loss, optimizer");
}

TEST(TorchFile, WholeModulesAndOtherTypesAreRefusedByName) {
  expect_error(ErrorKind::unsupported, [] { TorchFile(kOracle / "whole_module.bin"); },
               {"torch.nn.modules.linear.Linear", "state_dict()"});
  expect_error(ErrorKind::unsupported, [] { TorchFile(kOracle / "complex.bin"); }, {"torch.ComplexFloatStorage"});
}

// A pickle of {"w": tensor}, whose storage '0' of eight floats is in the archive; each part can be another.
struct Parts {
  std::string storage =
      "(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x00"
      "0X\x03\x00\x00\x00"
      "cpuK\x08tQ"s;
  std::string offset = "K\x00"s, shape = "K\x02K\x04\x86", strides = "K\x04K\x01\x86";
  std::string key = "X\x01\x00\x00\x00w"s;
  std::string function = "ctorch._utils\n_rebuild_tensor_v2\n";
  std::string pickle() const { return "\x80\x02}" + key + function + "(" + storage + offset + shape + strides + "\x89}tRs."; }
};

using Entries = std::vector<std::pair<std::string, std::string>>;

Entries archive_of(const std::string& pickle) {
  return {{"archive/data.pkl", pickle}, {"archive/byteorder", "little"}, {"archive/data/0", std::string(32, 'f')}};
}

void refused(const std::string& bytes, std::initializer_list<std::string_view> pieces) {
  const TemporaryFolder folder;
  const fs::path path = folder.write("x.bin", bytes);
  expect_error([&] { TorchFile file(path); }, pieces);
}
void refused_parts(const Parts& parts, std::initializer_list<std::string_view> pieces) {
  refused(raw_zip(archive_of(parts.pickle())), pieces);
}

TEST(TorchFile, HandMadeArchiveIsRead) {
  const TemporaryFolder folder;
  const TorchFile file(folder.write("x.bin", raw_zip(archive_of(Parts().pickle()))));
  EXPECT_EQ(file.tensors().at("w").shape, (std::vector<int64_t>{2, 4}));
}

TEST(TorchFile, ViewsOutsideTheirStorageAreRefused) {
  refused_parts({.offset = "K\x01"}, {"'w', shape [2, 4] with strides [4, 1] from 1", "storage of 8 elements"});
  refused_parts({.shape = "K\x03K\x04\x86"}, {"does not lie in its storage"});
  refused_parts({.strides = "K\x05K\x01\x86"}, {"does not lie in its storage"});
  refused_parts({.shape = "K\x02\x85"}, {"shape [2] with strides [4, 1]"});
  refused_parts({.offset = "J\xff\xff\xff\xff"}, {"integer -1 among its sizes"});
  const std::string huge = "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f";
  refused_parts({.offset = huge}, {"does not lie in its storage"});
  refused_parts({.shape = huge + huge + "\x86"}, {"does not lie in its storage"});
  refused_parts({.strides = huge + "K\x01\x86"}, {"does not lie in its storage"});
  refused_parts({.strides = huge + huge + "\x86"}, {"does not lie in its storage"});
  refused_parts({.shape = "NK\x04\x86"}, {"has None among its sizes"});
  refused_parts({.shape = "(" +
                          [] {
                            std::string s;
                            for (int i = 0; i < 65; ++i) s += "K\x01";
                            return s;
                          }() +
                          "t"},
                {"a tuple of 65"});
}

TEST(TorchFile, StoragesThatLieAreRefused) {
  const std::string begin = "(X\x07\x00\x00\x00storage"s, end =
                                                              "X\x01\x00\x00\x00"
                                                              "0X\x03\x00\x00\x00"
                                                              "cpu"s;
  const std::string type = "ctorch\nFloatStorage\n";
  refused_parts({.storage = begin + type + end + "K\x09tQ"}, {"storage '0' of 36 bytes; it has 32"});
  refused_parts({.storage = begin + type + end + "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7ftQ"},
                {"claims 9223372036854775807 elements"});
  refused_parts({.storage = begin + type + end + "J\xff\xff\xff\xfftQ"}, {"claims -1 elements"});
  refused_parts({.storage = begin + type +
                            "X\x01\x00\x00\x00"
                            "1X\x03\x00\x00\x00"
                            "cpuK\x08tQ"s},
                {"no such storage"});
  refused_parts({.storage = begin + "N" + end + "K\x08tQ"}, {"a storage where a storage was expected"});
  refused_parts({.storage = "N"}, {"None where a storage was expected"});
  refused_parts({.storage = "K\x01Q"}, {"where a storage was expected"});
}

TEST(TorchFile, SomethingElseThanTensorsIsRefused) {
  refused_parts({.function = "ctorch._utils\n_rebuild_parameter\n"}, {"'w' is a storage; expected a tensor"});
  refused_parts({.function = "ctorch\nFloatStorage\n"}, {"'w' is torch.FloatStorage(…)"});
  refused_parts({.key = "X\x0c\x00\x00\x00__metadata__"s}, {"safetensors reserves"});
  refused(raw_zip(archive_of("\x80\x02}.")), {"holds no tensor"});
  refused(raw_zip(archive_of("\x80\x02]K\x01"
                             "a.")),
          {"the file holds a list of 1; expected a dict of tensors"});
  refused(raw_zip(archive_of("\x80\x02}(K\x01K\x02X\x01\x00\x00\x00"
                             "aNu."s)),
          {"'a' is None", "'integer 1' is integer 2"});
  refused(raw_zip(archive_of("\x80\x02}(X\x05\x00\x00\x00model}X\x0a\x00\x00\x00state_dict}u."s)),
          {"both 'state_dict' and 'model'"});
  // a dict that holds itself
  refused(raw_zip(archive_of("\x80\x02}q\x00(X\x05\x00\x00\x00modelh\x00u."s)), {"'model' is a dict of 1; expected a tensor"});
}

TEST(TorchFile, OtherFilesAreRefusedByWhatTheyAre) {
  refused(std::string(), {"is empty"});
  refused("version https://git-lfs.github.com/spec/v1", {"git lfs pull"});
  refused(std::string("\x08\0\0\0\0\0\0\0{      }", 16), {"this is safetensors already"});
  refused(std::string(257, '\0') + "ustar" + std::string(10, '\0'), {"tar format of torch 0.1"});
  refused("\x80\x02K\x07.", {"a pickle of integer 7; expected a file of torch.save"});
  refused(raw_zip({{"a/b", "c"}}), {"without data.pkl"});
  refused(raw_zip({{"a/data.pkl", "\x80\x02}."}, {"b/data.pkl", "\x80\x02}."}}), {"two data.pkl"});
  refused(raw_zip({{"a/data.pkl", "\x80\x02}."}, {"a/constants.pkl", ")."}}), {"TorchScript"});
  refused(raw_zip({{"a/data.pkl", "\x80\x02}."}, {"a/byteorder", "big"}}), {"byte order is 'big'"});
}

TEST(TorchFile, DamageIsFoundByTheChecksums) {
  const TemporaryFolder folder;
  const fs::path path = folder.write("x.bin", raw_zip(archive_of(Parts().pickle()), {.crc_error = 1}));
  expect_error(ErrorKind::data, [&] { TorchFile file(path); }, {"CRC-32 of 'archive/", "damaged", "--ignore-checksums"});
  EXPECT_EQ(TorchFile(path, false).tensors().size(), 1U);
}

TEST(TorchFile, EveryCutIsRefused) {
  for (const char* name : {"module.bin", "every_dtype_legacy.bin"}) {
    const std::string whole = read_file(kOracle / name);
    const TemporaryFolder folder;
    for (size_t size = 0; size < whole.size(); size += 7) {
      const fs::path path = folder.write("x.bin", whole.substr(0, size));
      expect_error([&] { TorchFile file(path); }, {"x.bin"});
    }
  }
}

TEST(TorchFile, FlippedBytesNeverCrash) {
  for (const char* name : {"views.bin", "views_legacy.bin"}) {
    const std::string whole = read_file(kOracle / name);
    const TemporaryFolder folder;
    for (size_t at = 0; at < whole.size(); ++at) {
      std::string bytes = whole;
      bytes[at] = static_cast<char>(bytes[at] ^ 0x55);
      const fs::path path = folder.write("x.bin", bytes);
      try {
        const TorchFile file(path, false);
        for (const auto& [tensor, view] : file.tensors()) row_major(view);
      } catch (const Error& error) {
        EXPECT_NE(int(error.kind()), int(ErrorKind::bug)) << error.what();
      }
    }
  }
}

}  // namespace
}  // namespace espalier
