// Archives made by hand: what is read, and that each lie is named. Archives of torch itself: torch_file_test.cc.
#include "espalier/io/zip_archive.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"
#include "tests/support/raw_zip.h"

namespace espalier {
namespace {

using support::expect_error;
using support::raw_zip;
using support::RawZipOptions;

const std::vector<std::pair<std::string, std::string>> kTwo{{"a/one", "first"}, {"a/two", std::string(70, 'x')}};

void refused(const std::string& zip, std::initializer_list<std::string_view> pieces) {
  expect_error(
      ErrorKind::data, [&] { ZipArchive(zip, "x.bin"); }, pieces);
}

TEST(ZipArchive, ReadsStoredEntries) {
  for (const bool wide : {false, true}) {
    const std::string zip = raw_zip(kTwo, {.wide = wide});
    const ZipArchive archive(zip, "x.bin");
    EXPECT_EQ(archive.entries().size(), 2U);
    EXPECT_EQ(archive.at("a/one").bytes, "first");
    EXPECT_EQ(archive.at("a/two").bytes.data(), zip.data() + zip.find("xxx")) << "a view, not a copy";
    EXPECT_EQ(archive.at("a/one").crc, crc32("first"));
    expect_error([&] { archive.at("b"); }, {"x.bin", "holds no 'b'"});
  }
  const std::string commented = raw_zip(kTwo);
  EXPECT_EQ(ZipArchive(commented.substr(0, commented.size() - 2) + support::little(3, 2) + "hey", "x.bin").entries().size(), 2U);
  EXPECT_TRUE(ZipArchive(raw_zip({}), "x.bin").entries().empty());
}

TEST(ZipArchive, Crc32IsThatOfZip) {
  EXPECT_EQ(crc32("123456789"), 0xCBF43926U);  // the check value of the CRC catalogue
  EXPECT_EQ(crc32(""), 0U);
  EXPECT_EQ(crc32("The quick brown fox jumps over the lazy dog"), 0x414FA339U);
}

TEST(ZipArchive, RefusesWhatTorchDoesNotWrite) {
  refused(raw_zip(kTwo, {.method = 8}), {"'a/one' is compressed", "unpack"});
  refused(raw_zip(kTwo, {.flags = 1}), {"'a/one' is encrypted"});
  refused(raw_zip({{"a", "1"}, {"a", "2"}}), {"holds 'a' twice"});
}

TEST(ZipArchive, RefusesLies) {
  refused("PK\3\4", {"no directory at its end", "cut off"});
  refused(raw_zip(kTwo, {.size_error = 1000}), {"'a/one'", "ends too early", "cut off"});
  refused(raw_zip(kTwo, {.wide = true, .size_error = int64_t{1} << 62}), {"'a/one'", "ends too early"});
  refused(raw_zip(kTwo, {.other_name = "a/uno"}), {"'a/one' has another name in its own header"});
  std::string zip = raw_zip(kTwo);
  refused(zip.substr(1), {"entry 0 of the zip directory is damaged"});
  zip[zip.size() - 7] = '\x7f';  // the highest byte of the directory's size
  refused(zip, {"the zip directory should be 2130706"});
  zip = raw_zip(kTwo);
  zip.replace(zip.find("PK\1\2"), 4, "PK\1\3");
  refused(zip, {"entry 0 of the zip directory is damaged"});
  zip = raw_zip(kTwo, {.wide = true});
  zip.replace(zip.find("PK\6\6"), 4, "PK\6\5");
  refused(zip, {"no 64-bit zip directory"});
  zip = raw_zip(kTwo);
  zip[zip.size() - 12] = '\x09';  // more entries than there are
  refused(zip, {"the zip directory ends too early"});
}

TEST(ZipArchive, EveryCutIsRefused) {
  const std::string zip = raw_zip(kTwo, {.wide = true});
  for (size_t size = 0; size < zip.size(); ++size) refused(zip.substr(0, size), {"x.bin"});
}

}  // namespace
}  // namespace espalier
