// TensorBoard's event files, byte by byte; tools/parity/tensorboard_parity.py has the real reader read them.
#include "espalier/report/tensorboard.h"

#include <gtest/gtest.h>

#include <cstring>

#include "espalier/base/error.h"
#include "tests/support/files.h"

namespace espalier {
namespace {

TEST(Crc32c, HasTheValuesOfItsStandard) {
  // RFC 3720, B.4, read as little-endian words.
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
  std::string rising, falling;
  for (int i = 0; i < 32; ++i) rising += char(i), falling.insert(falling.begin(), char(i));
  EXPECT_EQ(crc32c(rising), 0x46dd794eU);
  EXPECT_EQ(crc32c(falling), 0x113fdb5cU);
}

template <class Number>
Number number_at(const std::string& bytes, size_t at) {
  Number number{};
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}

/// The payloads of a TFRecord file, its checksums checked.
std::vector<std::string> records(const std::string& bytes) {
  std::vector<std::string> out;
  const auto masked = [](std::string_view text) {
    const uint32_t crc = crc32c(text);
    return ((crc >> 15) | (crc << 17)) + 0xa282ead8U;
  };
  for (size_t at = 0; at < bytes.size();) {
    const auto length = size_t(number_at<uint64_t>(bytes, at));
    EXPECT_EQ(number_at<uint32_t>(bytes, at + 8), masked(bytes.substr(at, 8)));
    out.push_back(bytes.substr(at + 12, length));
    EXPECT_EQ(number_at<uint32_t>(bytes, at + 12 + length), masked(out.back()));
    at += 16 + length;
  }
  return out;
}

TEST(Tensorboard, FramesItsEvents) {
  const support::TemporaryFolder folder;
  TensorboardFile file(folder / "tb", 7, 1.5);
  file.add(300, 2.0, {{"train/loss", 0.5}});
  EXPECT_EQ(records(read_file(file.path())).size(), 2u) << "nothing is written before flush()";
  file.flush();
  const std::vector<std::string> events = records(read_file(file.path()));
  ASSERT_EQ(events.size(), 3u);
  using namespace std::string_literals;
  const std::string one_and_half = "\0\0\0\0\0\0\xf8\x3f"s, two = "\0\0\0\0\0\0\0\x40"s;  // IEEE 754, little-endian
  EXPECT_EQ(events[0], "\x09"s + one_and_half + "\x1a\x0d" + "brain.Event:2");
  EXPECT_EQ(events[1], "\x09"s + one_and_half + "\x10\x07" + "\x3a\x02\x08\x01");
  const std::string value = "\x0a\x0atrain/loss\x15\0\0\0\x3f"s;  // 0.5f
  EXPECT_EQ(events[2], "\x09"s + two + "\x10\xac\x02" + "\x2a\x13\x0a\x11" + value);
}

TEST(Tensorboard, FilesOfLaterStartsSortBehind) {
  const support::TemporaryFolder folder;
  const fs::path first = TensorboardFile(folder / "tb", 1, 1000.0).path(),
                 second = TensorboardFile(folder / "tb", 5, 1000.2).path();
  EXPECT_LT(first.filename(), second.filename());
  EXPECT_TRUE(first.filename().string().starts_with("events.out.tfevents.0000001000."));
}

}  // namespace
}  // namespace espalier
