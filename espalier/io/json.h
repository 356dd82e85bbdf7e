// JSON files: reading with errors that name line and column, and typed access that says what was found and expected.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "espalier/base/files.h"

namespace espalier {

/// Parses a whole text; `place` names it in errors ("config.json" gives "config.json:3:14: …"). Nesting deeper than `depth` is
/// refused. A BOM is accepted. Of a key that is given twice, the last value counts. The text begins at `first_line` of its file.
nlohmann::json parse_json(std::string_view text, const std::string& place, int depth = 200, int64_t first_line = 1);
/// As parse_json, keeping the keys in the order of the text.
nlohmann::ordered_json parse_ordered_json(std::string_view text, const std::string& place, int depth = 200,
                                          int64_t first_line = 1);
nlohmann::json read_json(const fs::path& path);
nlohmann::ordered_json read_ordered_json(const fs::path& path);
/// Writes atomically, two spaces of indentation, a newline at the end; invalid UTF-8 becomes U+FFFD.
void write_json(const fs::path& path, const nlohmann::json& value);
void write_json(const fs::path& path, const nlohmann::ordered_json& value);

/// "integer 12", "text \"abc\"", "a list", "null": what was found, for messages.
std::string describe_json(const nlohmann::json& value);

/// The member, or nullptr when it is absent or null; `object` must be an object (else a data Error at `place`).
const nlohmann::json* json_find(const nlohmann::json& object, std::string_view key, const std::string& place);
/// A member that must be there, of any type but null.
const nlohmann::json& json_member(const nlohmann::json& object, std::string_view key, const std::string& place);

/// Typed members. Without a fallback an absent or null member is a data Error naming the nearest key; with one, it gives the
/// fallback. A wrong type is always an Error: `config.json: "hidden_size" is text "768"; expected an integer`.
int64_t json_int(const nlohmann::json& object, std::string_view key, const std::string& place);
int64_t json_int(const nlohmann::json& object, std::string_view key, const std::string& place, int64_t fallback);
double json_double(const nlohmann::json& object, std::string_view key, const std::string& place);
double json_double(const nlohmann::json& object, std::string_view key, const std::string& place, double fallback);
bool json_bool(const nlohmann::json& object, std::string_view key, const std::string& place);
bool json_bool(const nlohmann::json& object, std::string_view key, const std::string& place, bool fallback);
std::string json_string(const nlohmann::json& object, std::string_view key, const std::string& place);
std::string json_string(const nlohmann::json& object, std::string_view key, const std::string& place,
                        const std::string& fallback);
const nlohmann::json& json_object(const nlohmann::json& object, std::string_view key, const std::string& place);
const nlohmann::json& json_array(const nlohmann::json& object, std::string_view key, const std::string& place);
/// A list of text; a single text counts as a list of one.
std::vector<std::string> json_strings(const nlohmann::json& object, std::string_view key, const std::string& place);
std::vector<int64_t> json_ints(const nlohmann::json& object, std::string_view key, const std::string& place);

}  // namespace espalier
