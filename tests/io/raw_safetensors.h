// Safetensors files put together by hand, so that each part can lie.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace espalier::support {

inline std::string little_endian(uint64_t value) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFF);
  return bytes;
}

/// Header length, header and `data_size` bytes 0, 1, 2, …
inline std::string raw_safetensors(std::string_view header, size_t data_size) {
  std::string bytes = little_endian(header.size()) + std::string(header);
  for (size_t i = 0; i < data_size; ++i) bytes += static_cast<char>(i);
  return bytes;
}

}  // namespace espalier::support
