// TOML: recipes, overrides and stored plans as Values that know where they were read, and back as text.
#pragma once

#include <string>
#include <string_view>

#include "espalier/base/files.h"
#include "espalier/base/value.h"

namespace espalier {

/// Every value carries its place: "name:14". A syntax error is a usage Error at "name:14:9".
Value parse_toml(std::string_view text, const std::string& name);
Value read_toml(const fs::path& path);
/// Keys in the order of the value, scalars before tables; numbers read back as the same bits. Members that are null are left out.
std::string write_toml(const Value& object);
/// Whether it is a list of tables alone, which stands as [[key]].
bool is_tables(const Value& value);

/// One `--set path=value`.
struct Setting {
  std::string path;
  Value value;
};
/// The value is read as a TOML value; what is none (a bare word, a path) is text. Its place is "--set path".
Setting parse_setting(const std::string& text);

}  // namespace espalier
