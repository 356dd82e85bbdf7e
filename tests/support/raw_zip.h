// Zip archives put together by hand, as torch.save lays them out, so that each part can lie.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "espalier/io/zip_archive.h"

namespace espalier::support {

inline std::string little(uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
  return out;
}

struct RawZipOptions {
  uint64_t method = 0, flags = 0;
  bool wide = false;       ///< sizes in 64-bit fields, and a 64-bit end record
  int64_t size_error = 0;  ///< added to each size in the directory
  uint32_t crc_error = 0;  ///< xor-ed with each CRC
  std::string other_name;  ///< in the entries' own headers, when not empty
};

inline std::string raw_zip(const std::vector<std::pair<std::string, std::string>>& entries, const RawZipOptions& o = {}) {
  std::string file, directory;
  for (const auto& [name, bytes] : entries) {
    const std::string local_name = o.other_name.empty() ? name : o.other_name;
    const uint64_t at = file.size(), size = bytes.size() + uint64_t(o.size_error);
    const uint32_t crc = crc32(bytes) ^ o.crc_error;
    file += "PK\3\4" + little(20, 2) + little(o.flags, 2) + little(o.method, 2) + little(0, 4) + little(crc, 4) +
            little(size, 4) + little(size, 4) + little(local_name.size(), 2) + little(0, 2) + local_name + bytes;
    const std::string extra = o.wide ? little(1, 2) + little(24, 2) + little(size, 8) + little(size, 8) + little(at, 8) : "";
    const auto narrow = [&](uint64_t number) { return little(o.wide ? 0xFFFFFFFF : number, 4); };
    directory += "PK\1\2" + little(20, 2) + little(20, 2) + little(o.flags, 2) + little(o.method, 2) + little(0, 4) +
                 little(crc, 4) + narrow(size) + narrow(size) + little(name.size(), 2) + little(extra.size(), 2) + little(0, 2) +
                 little(0, 8) + narrow(at) + name + extra;
  }
  const uint64_t begin = file.size(), count = entries.size();
  file += directory;
  if (o.wide) {
    const uint64_t end = file.size();
    file += "PK\6\6" + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 8) + little(count, 8) + little(count, 8) +
            little(directory.size(), 8) + little(begin, 8);
    file += "PK\6\7" + little(0, 4) + little(end, 8) + little(1, 4);
  }
  return file + "PK\5\6" + little(0, 4) + little(o.wide ? 0xFFFF : count, 2) + little(o.wide ? 0xFFFF : count, 2) +
         little(o.wide ? 0xFFFFFFFF : directory.size(), 4) + little(o.wide ? 0xFFFFFFFF : begin, 4) + little(0, 2);
}

}  // namespace espalier::support
