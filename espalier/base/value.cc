// Value: lookup, dotted paths, and descriptions for error messages.
#include "espalier/base/value.h"

#include <fmt/format.h>

#include <optional>

#include "espalier/base/error.h"
#include "espalier/base/text.h"

namespace espalier {
namespace {

struct Step {
  std::string key;              // of an object, or
  std::optional<size_t> index;  // of an array
  size_t end = 0;               // characters of the path read up to here
};

// method[0].rank -> key method, index 0, key rank; sweep.grid."method[0].rank" -> keys sweep, grid and method[0].rank
std::vector<Step> parse_path(std::string_view path) {
  const auto broken = [&](size_t at, std::string_view expected) {
    return usage_error("the path '{}' is broken at character {}; expected {}", printable(path, 80), at + 1, expected)
        .hint("write it as method[0].rank");
  };
  std::vector<Step> steps;
  for (size_t at = 0;;) {
    if (path.substr(at).starts_with('"')) {  // a key that holds dots or brackets itself
      const size_t close = path.find('"', at + 1);
      if (close == std::string_view::npos) throw broken(at, "a closing '\"'");
      steps.push_back({std::string(path.substr(at + 1, close - at - 1)), std::nullopt, close + 1});
      at = close + 1;
    } else {
      const size_t end = std::min(path.find_first_of(".[", at), path.size());
      if (end == at) throw broken(at, "a name");
      steps.push_back({std::string(path.substr(at, end - at)), std::nullopt, end});
      at = end;
    }
    while (at < path.size() && path[at] == '[') {
      const size_t close = path.find(']', at);
      if (close == std::string_view::npos) throw broken(at, "a closing ']'");
      const auto index = parse_int(path.substr(at + 1, close - at - 1));
      if (!index || *index < 0) throw broken(at + 1, "an index such as 0");
      steps.push_back({"", size_t(*index), close + 1});
      at = close + 1;
    }
    if (at == path.size()) return steps;
    if (path[at] != '.') throw broken(at, "'.' or '['");
    ++at;
  }
}

bool bare(std::string_view key) {
  return !key.empty() &&
         key.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == std::string_view::npos;
}

std::string quoted(std::string_view text, size_t limit) { return "\"" + printable(text, limit) + "\""; }

}  // namespace

const Value* Value::find(std::string_view key) const {
  if (const Object* object = as_object()) {
    for (const auto& [name, value] : *object) {
      if (name == key) return &value;
    }
  }
  return nullptr;
}

Value* Value::find(std::string_view key) { return const_cast<Value*>(std::as_const(*this).find(key)); }

Value& Value::set(std::string key, Value value) {
  if (is_null()) data_ = Object{};
  Object* object = as_object();
  if (object == nullptr) throw bug_error("'{}' cannot be set in {}", key, describe()).at(place_);
  if (Value* known = find(key)) {
    *known = std::move(value);
  } else {
    object->emplace_back(std::move(key), std::move(value));
  }
  return *this;
}

void Value::set_path(std::string_view path, Value value) {
  Value* node = this;
  size_t read = 0;
  for (const Step& step : parse_path(path)) {
    const std::string_view so_far = path.substr(0, read);
    if (!step.index) {
      if (node->is_null()) node->data_ = Object{};
      if (node->as_object() == nullptr) {
        const std::string first =
            node->as_array() == nullptr ? "" : fmt::format("{}[0]{} is of the first", so_far, path.substr(read));
        throw usage_error("'{}' cannot be set: {} is {}, not a table", path, so_far, node->describe())
            .at(value.place())
            .hint(first);
      }
      if (node->find(step.key) == nullptr) node->set(step.key, Value());
      node = node->find(step.key);
    } else {
      if (node->is_null()) node->data_ = Array{};
      Array* array = node->as_array();
      if (array == nullptr) {
        throw usage_error("'{}' cannot be set: {} is {}, not a list", path, so_far, node->describe()).at(value.place());
      }
      if (*step.index > array->size()) {
        throw usage_error("'{}' cannot be set: {} has {} elements", path, so_far, array->size())
            .at(value.place())
            .hint(fmt::format("the next free one is {}[{}]", so_far, array->size()));
      }
      if (*step.index == array->size()) array->emplace_back();
      node = &(*array)[*step.index];
    }
    read = step.end;
  }
  *node = std::move(value);
}

std::string Value::describe() const {
  if (is_null()) return "nothing";
  if (const bool* v = as_bool()) return *v ? "true" : "false";
  if (as_int() != nullptr) return "integer " + text();
  if (as_double() != nullptr) return "number " + text();
  if (const std::string* v = as_string()) return "text " + quoted(*v, 40);
  if (const Array* v = as_array()) return v->empty() ? "an empty list" : fmt::format("a list of {}", v->size());
  return "a table";
}

std::string Value::text() const {
  if (const bool* v = as_bool()) return *v ? "true" : "false";
  if (const int64_t* v = as_int()) return std::to_string(*v);
  if (const double* v = as_double()) return fmt::format("{}", *v);
  if (const std::string* v = as_string()) return quoted(*v, 400);
  std::vector<std::string> parts;
  if (const Array* v = as_array()) {
    for (const Value& item : *v) parts.push_back(item.text());
    return "[" + join(parts, ", ") + "]";
  }
  if (const Object* v = as_object()) {
    for (const auto& [key, item] : *v) parts.push_back((bare(key) ? key : quoted(key, 80)) + " = " + item.text());
    return parts.empty() ? "{}" : "{ " + join(parts, ", ") + " }";
  }
  return "";
}

}  // namespace espalier
