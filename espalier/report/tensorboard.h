// Event files of TensorBoard: TFRecord framing with masked CRC-32C (RFC 3720) around Event messages of tensorflow's event.proto.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "espalier/base/files.h"

namespace espalier {

/// CRC-32C (Castagnoli polynomial, reflected 0x82f63b78).
uint32_t crc32c(std::string_view bytes);

/// One event file: numbers by step. What is added waits in memory until flush().
class TensorboardFile {
 public:
  /// Names a new file in `folder`, which sorts behind those that are there, and begins it with "brain.Event:2" and a START at
  /// `first_step`: readers drop what earlier files say of that step and later ones. The name holds the time and no host.
  TensorboardFile(const fs::path& folder, int64_t first_step, double wall_time);
  void add(int64_t step, double wall_time, const std::vector<std::pair<std::string, double>>& scalars);
  void flush();
  const fs::path& path() const { return path_; }

 private:
  void record(std::string_view event);
  fs::path path_;
  std::string waiting_;
};

}  // namespace espalier
