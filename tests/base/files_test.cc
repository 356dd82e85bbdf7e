#include "espalier/base/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>

#include "espalier/base/mapped_pages.h"
#include "tests/support/files.h"

namespace espalier {
namespace {

using support::expect_error;
using support::TemporaryFolder;

TEST(Files, WritesAndReadsBack) {
  const TemporaryFolder folder;
  const std::string bytes("a\0b\n", 4);
  write_file(folder / "x.bin", bytes);
  EXPECT_EQ(read_file(folder / "x.bin"), bytes);
  write_file(folder / "x.bin", "shorter");
  EXPECT_EQ(read_file(folder / "x.bin"), "shorter");
  EXPECT_EQ(folder.listing(), "x.bin");
}

TEST(Files, WritesInPieces) {
  const TemporaryFolder folder;
  write_file(folder / "x", [](const auto& sink) {
    for (int i = 0; i < 3; ++i) sink("ab");
  });
  EXPECT_EQ(read_file(folder / "x"), "ababab");
}

TEST(Files, AFailingBodyLeavesTheOldFileAndNothingElse) {
  const TemporaryFolder folder;
  folder.write("x", "old");
  EXPECT_THROW(write_file(folder / "x",
                          [](const auto& sink) {
                            sink("half");
                            throw std::runtime_error("the body failed");
                          }),
               std::runtime_error);
  EXPECT_EQ(read_file(folder / "x"), "old");
  EXPECT_EQ(folder.listing(), "x");
}

TEST(Files, AFileWhereAFolderShouldBe) {
  const TemporaryFolder folder;
  const fs::path file = folder.write("file", "x");
  expect_error(ErrorKind::data, [&] { write_file(file / "out", "y"); }, {"file/out", "Not a directory", "is a file"});
  expect_error(ErrorKind::data, [&] { make_folder(file / "deeper" / "still"); },
               {"file/deeper/still", "'" + file.string() + "' is a file"});
  expect_error(ErrorKind::data, [&] { read_file(file / "in"); }, {"cannot be opened", "Not a directory"});
  EXPECT_EQ(read_file(file), "x");
}

TEST(Files, AFolderWhereAFileShouldBe) {
  const TemporaryFolder folder;
  make_folder(folder / "a" / "b");
  make_folder(folder / "a" / "b");
  EXPECT_TRUE(fs::is_directory(folder / "a" / "b"));
  expect_error(ErrorKind::data, [&] { read_file(folder / "a"); }, {"/a: cannot be read: Is a directory", "try: "});
  expect_error(ErrorKind::data, [&] { write_file(folder / "a", "x"); }, {"Is a directory"});
  expect_error(ErrorKind::data, [&] { MappedFile map(folder / "a"); }, {"Is a directory"});
  EXPECT_EQ(folder.listing(), "a");
}

TEST(Files, AMissingFileIsNamed) {
  const TemporaryFolder folder;
  expect_error(ErrorKind::data, [&] { read_file(folder / "none.txt"); },
               {"none.txt: cannot be opened: No such file or directory", "spelling"});
  expect_error([&] { MappedFile map(folder / "none.txt"); }, {"none.txt"});
  expect_error([&] { sha256_file(folder / "none.txt"); }, {"none.txt"});
  expect_error([&] { write_file(folder / "no" / "x", "y"); }, {"no/x: cannot be created"});
}

TEST(Files, AFullDiskIsReported) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here: the full disk is not tested";
  const TemporaryFolder folder;
  fs::create_symlink("/dev/full", folder / "full");
  expect_error(ErrorKind::data, [&] { append_file(folder / "full", "x"); },
               {"full: cannot be appended to: No space left on device", "free space"});
  // the temporary file of write_file, in the way of which stands the full device
  fs::create_symlink("/dev/full", (folder / "x").string() + ".tmp-" + std::to_string(::getpid()));
  folder.write("x", "old");
  expect_error(ErrorKind::data, [&] { write_file(folder / "x", "new"); }, {"x: cannot be written: No space left on device"});
  EXPECT_EQ(read_file(folder / "x"), "old");
  EXPECT_EQ(folder.listing(), "full x");
}

TEST(Files, Appends) {
  const TemporaryFolder folder;
  append_file(folder / "log", "a\n");
  append_file(folder / "log", "b\n");
  EXPECT_EQ(read_file(folder / "log"), "a\nb\n");
}

TEST(Files, ReadsFilesThatDoNotTellTheirSize) {
  if (!fs::exists("/proc/self/status")) GTEST_SKIP() << "no /proc here";
  EXPECT_NE(read_file("/proc/self/status").find("Name:"), std::string::npos);
}

TEST(MappedFile, ShowsTheBytesAndMoves) {
  const TemporaryFolder folder;
  MappedFile map(folder.write("x", "hello"));
  EXPECT_EQ(map.text(), "hello");
  EXPECT_EQ(map.bytes().size(), 5U);
  const MappedFile moved(std::move(map));
  EXPECT_EQ(moved.text(), "hello");
  EXPECT_EQ(moved.path(), folder / "x");
  EXPECT_EQ(MappedFile(folder.write("empty", "")).text(), "");
}

TEST(MappedFile, StaysValidWhenTheFileIsReplaced) {
  const TemporaryFolder folder;
  write_file(folder / "x", "first");
  const MappedFile map(folder / "x");
  write_file(folder / "x", "other");  // a new file under the old name
  EXPECT_EQ(map.text(), "first");
}

/// Kilobytes of the map at `data` that this process holds, as the system counts them.
long resident(const void* data) {
  std::ifstream maps("/proc/self/smaps");
  const std::string start = fmt::format("{:x}-", reinterpret_cast<uintptr_t>(data));
  for (std::string line; std::getline(maps, line);) {
    if (!line.starts_with(start)) continue;
    while (std::getline(maps, line) && !line.starts_with("Rss:")) {
    }
    return std::stol(line.substr(4));
  }
  return -1;
}

TEST(MappedFile, LeavesTheMemoryAndIsReadAgain) {
  const TemporaryFolder folder;
  const std::string text(1 << 20, 'x');
  const MappedFile map(folder.write("x", text));
  EXPECT_EQ(map.text(), text);
  EXPECT_EQ(resident(map.text().data()), 1024);
  release_mapped(map.text().data() + 1, (1 << 20) - 1);  // the first page stays: it is not whole
  EXPECT_EQ(resident(map.text().data()), 4);
  EXPECT_EQ(map.text(), text);
  release_mapped(map.text().data() + 1, 1 << 20);  // beyond the end: not of this map
  EXPECT_EQ(resident(map.text().data()), 1024);
}

TEST(MappedFile, OtherMemoryIsLeftAlone) {
  const TemporaryFolder folder;
  const MappedFile map(folder.write("x", "hello"));
  const std::string before(1 << 20, 'y'), after = before;
  release_mapped(before.data(), before.size());
  EXPECT_EQ(before, after);
}

TEST(MappedFile, RefusesPipes) {
  const TemporaryFolder folder;
  expect_error([&] { MappedFile map("/dev/null"); }, {"/dev/null", "not a regular file"});
}

// FIPS 180-2, appendix B, and the digest of nothing.
TEST(Sha256, PublishedVectors) {
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const TemporaryFolder folder;
  const std::string million(1'000'000, 'a');
  EXPECT_EQ(sha256_file(folder.write("x", million)), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

}  // namespace
}  // namespace espalier
