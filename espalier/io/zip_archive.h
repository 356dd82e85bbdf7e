// The entries of a zip archive that stores them uncompressed, as torch.save does: views of the mapped file, nothing is copied.
// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, with the 64-bit records of its section 4.3.14.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace espalier {

struct ZipEntry {
  std::string_view bytes;  ///< inside the archive
  uint32_t crc = 0;        ///< the CRC-32 that the archive claims
};

class ZipArchive {
 public:
  /// Reads the directory of `archive`, which must outlive the views. Compressed, encrypted or repeated entries, and a directory
  /// that does not agree with the entries' own headers, are a data Error at `place`.
  ZipArchive(std::string_view archive, const std::string& place);

  const std::map<std::string, ZipEntry, std::less<>>& entries() const { return entries_; }
  /// nullptr when there is no such entry.
  const ZipEntry* find(std::string_view name) const;
  /// As find; an absent name is a data Error.
  const ZipEntry& at(std::string_view name) const;

 private:
  void add(std::string_view archive, std::string_view name, uint64_t header, uint64_t size, uint32_t crc);

  std::string place_;
  std::map<std::string, ZipEntry, std::less<>> entries_;
};

/// CRC-32 as zip has it (polynomial 0xEDB88320, reflected).
uint32_t crc32(std::string_view bytes);

}  // namespace espalier
