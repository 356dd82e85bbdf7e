// Files that may be compressed with gzip (RFC 1952).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "espalier/base/files.h"

namespace espalier {

/// All members of a gzip file, one after the other. A data Error at `place` when it is damaged, cut off, or would hold more than
/// `max_bytes`.
std::string gunzip(std::string_view bytes, const std::string& place, int64_t max_bytes = int64_t{4} << 30);

/// The bytes of a file: inflated where it begins as gzip does, else mapped.
class PlainFile {
 public:
  explicit PlainFile(const fs::path& path);
  std::string_view bytes() const { return compressed_ ? inflated_ : file_.text(); }
  const fs::path& path() const { return file_.path(); }

 private:
  MappedFile file_;
  bool compressed_;
  std::string inflated_;
};

}  // namespace espalier
