#include "espalier/io/zip_archive.h"

#include <array>

#include "espalier/base/text.h"
#include "espalier/io/byte_reader.h"

namespace espalier {
namespace {

constexpr uint64_t kEndSize = 22, kLocatorSize = 20, kMaxComment = 65535;
constexpr uint64_t kSaid64 = 0xFFFFFFFF;  // "see the 64-bit field"

struct Directory {
  uint64_t entries = 0, begin = 0, size = 0;
};

/// The byte where the end record begins: the last signature whose comment reaches exactly to the end of the file.
uint64_t find_end(std::string_view archive, const std::string& place) {
  const uint64_t first = archive.size() > kEndSize + kMaxComment ? archive.size() - kEndSize - kMaxComment : 0;
  for (uint64_t at = archive.size(); at-- > first;) {
    if (archive.substr(at, 4) != "PK\5\6" || archive.size() - at < kEndSize) continue;
    if (ByteReader(archive, place, "the zip archive", at + 20).number(2) == archive.size() - at - kEndSize) return at;
  }
  throw data_error("the zip archive has no directory at its end")
      .at(place)
      .hint("the file was cut off; download or copy it again");
}

Directory find_directory(std::string_view archive, const std::string& place) {
  const uint64_t end = find_end(archive, place);
  ByteReader record(archive, place, "the zip directory's end", end + 10);
  Directory directory;
  directory.entries = record.number(2);
  directory.size = record.number(4);
  directory.begin = record.number(4);
  if (end >= kLocatorSize && archive.substr(end - kLocatorSize, 4) == "PK\6\7") {
    const uint64_t at = ByteReader(archive, place, "the zip locator", end - kLocatorSize + 8).number(8);
    ByteReader wide(archive, place, "the 64-bit end of the zip directory", at);
    if (wide.take(4) != "PK\6\6") throw data_error("there is no 64-bit zip directory at byte {}", at).at(place);
    wide.take(28);  // sizes, versions, disks, the entries of this disk
    directory.entries = wide.number(8);
    directory.size = wide.number(8);
    directory.begin = wide.number(8);
  }
  if (directory.begin > archive.size() || directory.size > archive.size() - directory.begin) {
    throw data_error("the zip directory should be {} bytes at byte {}; the file has {}", directory.size, directory.begin,
                     archive.size())
        .at(place);
  }
  return directory;
}

/// What the 64-bit extra field (id 1) says instead of those of the three numbers that do not fit.
void widen(std::string_view extra, const std::string& place, uint64_t& size, uint64_t& stored, uint64_t& header) {
  ByteReader fields(extra, place, "an extra field of the zip directory");
  while (fields.left() >= 4) {
    const uint64_t id = fields.number(2), length = fields.number(2);
    ByteReader field(fields.take(length), place, "the 64-bit field of the zip directory");
    if (id != 1) continue;
    for (uint64_t* number : {&size, &stored, &header}) {
      if (*number == kSaid64) *number = field.number(8);
    }
  }
}

constexpr auto kCrcTables = [] {
  std::array<std::array<uint32_t, 256>, 8> tables{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ (value & 1 ? 0xEDB88320U : 0);
    tables[0][i] = value;
  }
  for (uint32_t i = 0; i < 256; ++i) {
    for (size_t t = 1; t < 8; ++t) tables[t][i] = tables[t - 1][i] >> 8 ^ tables[0][tables[t - 1][i] & 255];
  }
  return tables;
}();

}  // namespace

ZipArchive::ZipArchive(std::string_view archive, const std::string& place) : place_(place) {
  const Directory directory = find_directory(archive, place);
  ByteReader reader(archive.substr(directory.begin, directory.size), place, "the zip directory");
  for (uint64_t i = 0; i < directory.entries; ++i) {
    if (reader.take(4) != "PK\1\2") throw data_error("entry {} of the zip directory is damaged", i).at(place);
    reader.take(4);  // versions
    const uint64_t flags = reader.number(2), method = reader.number(2);
    reader.take(4);  // time
    const auto crc = uint32_t(reader.number(4));
    uint64_t stored = reader.number(4), size = reader.number(4);
    const uint64_t name_size = reader.number(2), extra_size = reader.number(2), comment_size = reader.number(2);
    reader.take(8);  // disk, attributes
    uint64_t header = reader.number(4);
    const std::string_view name = reader.take(name_size);
    widen(reader.take(extra_size), place, size, stored, header);
    reader.take(comment_size);
    if ((flags & 1) != 0) throw data_error("the zip entry '{}' is encrypted", printable(name, 200)).at(place);
    if (method != 0 || stored != size) {
      throw data_error("the zip entry '{}' is compressed; torch.save never compresses", printable(name, 200))
          .at(place)
          .hint("if somebody packed the file into an archive, unpack that archive first");
    }
    add(archive, name, header, size, crc);
  }
}

void ZipArchive::add(std::string_view archive, std::string_view name, uint64_t header, uint64_t size, uint32_t crc) {
  ByteReader local(archive, place_, fmt::format("the zip entry '{}'", printable(name, 200)), header);
  if (local.take(4) != "PK\3\4") {
    throw data_error("the zip entry '{}' has no header at byte {}", printable(name, 200), header).at(place_);
  }
  local.take(22);
  const uint64_t name_size = local.number(2), extra_size = local.number(2);
  if (local.take(name_size) != name) {
    throw data_error("the zip entry '{}' has another name in its own header", printable(name, 200)).at(place_);
  }
  local.take(extra_size);
  if (!entries_.emplace(std::string(name), ZipEntry{local.take(size), crc}).second) {
    throw data_error("the zip archive holds '{}' twice", printable(name, 200)).at(place_);
  }
}

const ZipEntry* ZipArchive::find(std::string_view name) const {
  const auto at = entries_.find(name);
  return at == entries_.end() ? nullptr : &at->second;
}

const ZipEntry& ZipArchive::at(std::string_view name) const {
  if (const ZipEntry* entry = find(name)) return *entry;
  throw data_error("the zip archive holds no '{}'", printable(name, 200)).at(place_);
}

uint32_t crc32(std::string_view bytes) {
  const auto& t = kCrcTables;
  uint32_t crc = 0xFFFFFFFF;
  size_t i = 0;
  const auto byte = [&](size_t k) { return static_cast<unsigned char>(bytes[k]); };
  for (; i + 8 <= bytes.size(); i += 8) {
    crc = t[7][(crc & 255) ^ byte(i)] ^ t[6][(crc >> 8 & 255) ^ byte(i + 1)] ^ t[5][(crc >> 16 & 255) ^ byte(i + 2)] ^
          t[4][(crc >> 24) ^ byte(i + 3)] ^ t[3][byte(i + 4)] ^ t[2][byte(i + 5)] ^ t[1][byte(i + 6)] ^ t[0][byte(i + 7)];
  }
  for (; i < bytes.size(); ++i) crc = crc >> 8 ^ t[0][(crc & 255) ^ byte(i)];
  return ~crc;
}

}  // namespace espalier
