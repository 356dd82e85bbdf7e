#include "espalier/report/tensorboard.h"

#include <fmt/format.h>

#include <array>
#include <bit>

namespace espalier {
namespace {

constexpr std::array<uint32_t, 256> kTable = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78U : 0U);
    table[i] = crc;
  }
  return table;
}();

template <class Number>
std::string little_endian(Number number) {
  std::string bytes;
  for (size_t i = 0; i < sizeof number; ++i) bytes += char(uint8_t(number >> (8 * i)));
  return bytes;
}

/// tensorflow's mask: a checksum stored beside its data must not be its own fixed point.
std::string masked(std::string_view bytes) {
  const uint32_t crc = crc32c(bytes);
  return little_endian(((crc >> 15) | (crc << 17)) + 0xa282ead8U);
}

std::string varint(uint64_t number) {
  std::string bytes;
  for (; number >= 0x80; number >>= 7) bytes += char(uint8_t(number | 0x80));
  return bytes + char(uint8_t(number));
}

// Protocol buffers: a key is (field << 3) | wire type; 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes.
std::string field(int number, uint64_t value) { return varint(uint64_t(number) << 3) + varint(value); }
std::string field(int number, double value) {
  return varint(uint64_t(number) << 3 | 1) + little_endian(std::bit_cast<uint64_t>(value));
}
std::string field(int number, float value) {
  return varint(uint64_t(number) << 3 | 5) + little_endian(std::bit_cast<uint32_t>(value));
}
std::string field(int number, std::string_view bytes) {
  return varint(uint64_t(number) << 3 | 2) + varint(bytes.size()) + std::string(bytes);
}

constexpr int kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5, kSessionLog = 7;  // of Event

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  uint32_t crc = ~0U;
  for (const char byte : bytes) crc = (crc >> 8) ^ kTable[(crc ^ uint8_t(byte)) & 0xff];
  return ~crc;
}

TensorboardFile::TensorboardFile(const fs::path& folder, int64_t first_step, double wall_time) {
  make_folder(folder);
  int number = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder)) ++number;
  path_ = folder / fmt::format("events.out.tfevents.{:010}.{:04}", int64_t(wall_time), number);
  record(field(kWallTime, wall_time) + field(kFileVersion, std::string_view("brain.Event:2")));
  const uint64_t start = 1;  // SessionLog.status
  record(field(kWallTime, wall_time) + field(kStep, uint64_t(first_step)) +
         field(kSessionLog, std::string_view(field(1, start))));
  flush();
}

void TensorboardFile::add(int64_t step, double wall_time, const std::vector<std::pair<std::string, double>>& scalars) {
  std::string summary;
  for (const auto& [tag, value] : scalars)
    summary += field(1, std::string_view(field(1, std::string_view(tag)) + field(2, float(value))));
  record(field(kWallTime, wall_time) + field(kStep, uint64_t(step)) + field(kSummary, std::string_view(summary)));
}

void TensorboardFile::record(std::string_view event) {
  const std::string length = little_endian(uint64_t(event.size()));
  waiting_ += length + masked(length) + std::string(event) + masked(event);
}

void TensorboardFile::flush() {
  if (waiting_.empty()) return;
  append_file(path_, waiting_);
  waiting_.clear();
}

}  // namespace espalier
