// The JSON header of a safetensors file: text to checked entries.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "espalier/io/dtype.h"

namespace espalier {

struct SafetensorsEntry {
  std::string name;
  DType dtype = DType::f32;
  std::vector<int64_t> shape;
  int64_t begin = 0, end = 0;  ///< bytes, from the start of the data
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  ///< in the order of their bytes
  std::map<std::string, std::string> metadata;
};

/// Reads and checks a header for `data_size` bytes of data; the data Error at `place` lists the problems of all tensors.
SafetensorsHeader read_safetensors_header(std::string_view text, int64_t data_size, const std::string& place);

}  // namespace espalier
