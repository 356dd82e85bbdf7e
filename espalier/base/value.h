// A plain tree of values with the place it was read from: what recipes, overrides and stored plans are before they
// become options. Free of any file format; recipe/ reads it from TOML and writes it back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace espalier {

class Value {
 public:
  using Array = std::vector<Value>;
  using Object = std::vector<std::pair<std::string, Value>>;  // in the order of the file

  Value() = default;
  Value(bool v) : data_(v) {}
  Value(int v) : data_(int64_t{v}) {}
  Value(int64_t v) : data_(v) {}
  Value(double v) : data_(v) {}
  Value(const char* v) : data_(std::string(v)) {}
  Value(std::string v) : data_(std::move(v)) {}
  Value(Array v) : data_(std::move(v)) {}
  Value(Object v) : data_(std::move(v)) {}

  bool is_null() const { return std::holds_alternative<std::monostate>(data_); }
  const bool* as_bool() const { return std::get_if<bool>(&data_); }
  const int64_t* as_int() const { return std::get_if<int64_t>(&data_); }
  const double* as_double() const { return std::get_if<double>(&data_); }
  const std::string* as_string() const { return std::get_if<std::string>(&data_); }
  const Array* as_array() const { return std::get_if<Array>(&data_); }
  Array* as_array() { return std::get_if<Array>(&data_); }
  const Object* as_object() const { return std::get_if<Object>(&data_); }
  Object* as_object() { return std::get_if<Object>(&data_); }

  /// Member of an object; nullptr when absent or when this is no object.
  const Value* find(std::string_view key) const;
  Value* find(std::string_view key);
  /// Sets or adds a member; a null value becomes an object first.
  Value& set(std::string key, Value value);
  /// Sets a dotted path such as "method[0].rank" or "train.epochs", making objects and appending array elements on the
  /// way. Throws a usage Error when the path goes through a scalar or past the end of an array.
  void set_path(std::string_view path, Value value);

  /// "file.toml:14" or "--set train.epochs"; empty when unknown.
  const std::string& place() const { return place_; }
  Value& at(std::string place) {
    place_ = std::move(place);
    return *this;
  }
  /// "integer 0", "text \"abc\"", "a table": what was found, for error messages.
  std::string describe() const;
  /// As one would write it in a recipe, on one line: `0`, `"abc"`, `[1, 2]`, `{ kind = "adamw" }`; null gives "".
  std::string text() const;
  bool operator==(const Value& other) const { return data_ == other.data_; }  // places do not count

 private:
  std::variant<std::monostate, bool, int64_t, double, std::string, Array, Object> data_;
  std::string place_;
};

}  // namespace espalier
