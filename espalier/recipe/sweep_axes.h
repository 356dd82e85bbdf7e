// What [sweep] says: lists and ranges by path, and the values they give.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "espalier/base/error.h"
#include "espalier/base/fields.h"
#include "espalier/base/value.h"

namespace espalier {

struct SweepTable {
  std::vector<int64_t> seeds;
  int64_t runs = 0, seed = 1;
  Value grid, random;
  void fields(Fields& f);
};

struct SweepList {
  std::string path;
  std::vector<Value> values;
};

/// { uniform = [low, high] }, { log_uniform = [low, high] } or { choice = [...] }; between whole numbers whole ones are drawn.
struct SweepRange {
  enum class Kind : uint8_t { uniform, log_uniform, choice } kind = Kind::choice;
  std::string path, place;
  std::vector<Value> values;  ///< of a choice, or the two ends
  Value draw(uint64_t seed, int64_t number) const;
};

/// Paths may be written as nested tables or as one quoted key.
std::vector<SweepList> read_lists(const Value& grid, Problems& problems);
std::vector<SweepRange> read_ranges(const Value& random, Problems& problems);

}  // namespace espalier
