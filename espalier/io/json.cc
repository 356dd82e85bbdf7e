#include "espalier/io/json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "espalier/base/error.h"
#include "espalier/base/text.h"

namespace espalier {
namespace {

using nlohmann::json;

std::string place_in(std::string_view text, size_t byte, const std::string& place, int64_t first_line) {
  const std::string_view before = text.substr(0, std::min(byte, text.size()));
  const int64_t line = first_line + std::count(before.begin(), before.end(), '\n');
  const size_t start = before.rfind('\n');
  return fmt::format("{}:{}:{}", place, line, before.size() - (start == std::string_view::npos ? 0 : start + 1) + 1);
}

// Deep nesting would overflow the stack later, when the value is written or walked.
void check_depth(std::string_view text, const std::string& place, int limit, int64_t first_line) {
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > limit) {
        throw data_error("the JSON is nested deeper than {} levels", limit).at(place_in(text, i, place, first_line));
      }
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
}

// "[json.exception.parse_error.101] parse error at line 1, column 5: syntax error while parsing value - …; last read: '…'".
// What was read is left out: in rows it is somebody's text.
std::string reason(const std::string& what) {
  const size_t colon = what.find(": ");
  const std::string said = colon == std::string::npos ? what : what.substr(colon + 2);
  return said.substr(0, said.find("; last read: "));
}

template <class Json>
Json parse_as(std::string_view text, const std::string& place, int depth, int64_t first_line) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (trim(text).empty()) throw data_error("the file is empty; expected JSON").at(place);
  check_depth(text, place, depth, first_line);
  try {
    return Json::parse(text.begin(), text.end());
  } catch (const json::parse_error& e) {
    const size_t byte = e.byte > 0 ? e.byte - 1 : 0;
    throw data_error("not valid JSON: {}", printable(reason(e.what()), 200)).at(place_in(text, byte, place, first_line));
  } catch (const json::exception& e) {  // a number beyond the range of a double
    throw data_error("not valid JSON: {}", printable(reason(e.what()), 200)).at(place);
  }
}

template <class Json>
void write_as(const fs::path& path, const Json& value) {
  write_file(path, value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

std::vector<std::string> keys_of(const json& object) {
  std::vector<std::string> keys;
  for (const auto& item : object.items()) keys.push_back(item.key());
  return keys;
}

[[noreturn]] void wrong_type(const json& found, std::string_view key, const std::string& place, std::string_view expected) {
  throw data_error("\"{}\" is {}; expected {}", key, describe_json(found), expected).at(place);
}

int64_t as_int(const json& value, std::string_view key, const std::string& place) {
  if (value.is_number_unsigned() && value.get<uint64_t>() > uint64_t{INT64_MAX}) {
    wrong_type(value, key, place, "an integer below 2^63");
  }
  if (!value.is_number_integer()) wrong_type(value, key, place, "an integer");
  return value.get<int64_t>();
}

double as_double(const json& value, std::string_view key, const std::string& place) {
  if (!value.is_number()) wrong_type(value, key, place, "a number");
  return value.get<double>();
}

bool as_bool(const json& value, std::string_view key, const std::string& place) {
  if (!value.is_boolean()) wrong_type(value, key, place, "true or false");
  return value.get<bool>();
}

std::string as_string(const json& value, std::string_view key, const std::string& place) {
  if (!value.is_string()) wrong_type(value, key, place, "text");
  return value.get<std::string>();
}

}  // namespace

json parse_json(std::string_view text, const std::string& place, int depth, int64_t first_line) {
  return parse_as<json>(text, place, depth, first_line);
}

nlohmann::ordered_json parse_ordered_json(std::string_view text, const std::string& place, int depth, int64_t first_line) {
  return parse_as<nlohmann::ordered_json>(text, place, depth, first_line);
}

json read_json(const fs::path& path) { return parse_json(read_file(path), path.string()); }

nlohmann::ordered_json read_ordered_json(const fs::path& path) { return parse_ordered_json(read_file(path), path.string()); }

void write_json(const fs::path& path, const json& value) { write_as(path, value); }

void write_json(const fs::path& path, const nlohmann::ordered_json& value) { write_as(path, value); }

std::string describe_json(const json& value) {
  switch (value.type()) {
    case json::value_t::null:
      return "null";
    case json::value_t::boolean:
      return value.get<bool>() ? "true" : "false";
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
      return "integer " + value.dump();
    case json::value_t::number_float:
      return "number " + value.dump();
    case json::value_t::string:
      return fmt::format("text \"{}\"", printable(value.get_ref<const std::string&>()));
    case json::value_t::array:
      return fmt::format("a list of {}", value.size());
    case json::value_t::object:
      return "an object";
    default:
      return "unreadable";
  }
}

const json* json_find(const json& object, std::string_view key, const std::string& place) {
  if (!object.is_object())
    throw data_error("found {}; expected an object that may hold \"{}\"", describe_json(object), key).at(place);
  const auto at = object.find(std::string(key));
  return at == object.end() || at->is_null() ? nullptr : &*at;
}

const json& json_member(const json& object, std::string_view key, const std::string& place) {
  const json* found = json_find(object, key, place);
  if (found == nullptr) throw data_error("\"{}\" is missing{}", key, did_you_mean(key, keys_of(object))).at(place);
  return *found;
}

int64_t json_int(const json& object, std::string_view key, const std::string& place) {
  return as_int(json_member(object, key, place), key, place);
}

int64_t json_int(const json& object, std::string_view key, const std::string& place, int64_t fallback) {
  const json* found = json_find(object, key, place);
  return found == nullptr ? fallback : as_int(*found, key, place);
}

double json_double(const json& object, std::string_view key, const std::string& place) {
  return as_double(json_member(object, key, place), key, place);
}

double json_double(const json& object, std::string_view key, const std::string& place, double fallback) {
  const json* found = json_find(object, key, place);
  return found == nullptr ? fallback : as_double(*found, key, place);
}

bool json_bool(const json& object, std::string_view key, const std::string& place) {
  return as_bool(json_member(object, key, place), key, place);
}

bool json_bool(const json& object, std::string_view key, const std::string& place, bool fallback) {
  const json* found = json_find(object, key, place);
  return found == nullptr ? fallback : as_bool(*found, key, place);
}

std::string json_string(const json& object, std::string_view key, const std::string& place) {
  return as_string(json_member(object, key, place), key, place);
}

std::string json_string(const json& object, std::string_view key, const std::string& place, const std::string& fallback) {
  const json* found = json_find(object, key, place);
  return found == nullptr ? fallback : as_string(*found, key, place);
}

const json& json_object(const json& object, std::string_view key, const std::string& place) {
  const json& found = json_member(object, key, place);
  if (!found.is_object()) wrong_type(found, key, place, "an object");
  return found;
}

const json& json_array(const json& object, std::string_view key, const std::string& place) {
  const json& found = json_member(object, key, place);
  if (!found.is_array()) wrong_type(found, key, place, "a list");
  return found;
}

std::vector<std::string> json_strings(const json& object, std::string_view key, const std::string& place) {
  const json& found = json_member(object, key, place);
  if (found.is_string()) return {found.get<std::string>()};
  std::vector<std::string> strings;
  for (const json& element : json_array(object, key, place))
    strings.push_back(as_string(element, fmt::format("{}[{}]", key, strings.size()), place));
  return strings;
}

std::vector<int64_t> json_ints(const json& object, std::string_view key, const std::string& place) {
  std::vector<int64_t> numbers;
  for (const json& element : json_array(object, key, place))
    numbers.push_back(as_int(element, fmt::format("{}[{}]", key, numbers.size()), place));
  return numbers;
}

}  // namespace espalier
