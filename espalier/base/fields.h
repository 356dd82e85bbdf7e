// Fields: an options struct lists its fields once, and that list reads, checks, prints, documents and hashes it.
//
//   struct LoraOptions {
//     int64_t rank = 8;
//     void fields(Fields& f) { f("rank", rank).at_least(1).help("r, the rank of the update"); }
//   };
//   LoraOptions o = read_options<LoraOptions>(value, "method[0]");
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "espalier/base/error.h"
#include "espalier/base/value.h"

namespace espalier {

class Fields;

template <class T>
concept HasFields = requires(T t, Fields& f) {
  t.fields(f);
};

/// What is known about one field, bound to one options object.
struct Field {
  std::string name;
  std::string type;  // "integer", "number", "text", "true/false", "list of text", "table", "list of tables"
  std::string help;
  std::string range;  // "at least 1", "one of fp32, bf16, auto", ""
  bool required = false;
  bool optional = false;  // std::optional: absent means unset, whatever it holds
  std::function<void(const Value&, const std::string& path, Problems&)> read;
  std::function<Value()> write;
  std::vector<std::function<std::string()>> checks;  // each gives "" or what was expected
  std::vector<Field> children;                       // of a nested table, for documentation
};

/// What a constraint on T is about: the element of an optional, list or map, and T itself otherwise.
template <class T>
struct ScalarOf {
  using type = T;
};
template <class T>
struct ScalarOf<std::optional<T>> : ScalarOf<T> {};
template <class T>
struct ScalarOf<std::vector<T>> : ScalarOf<T> {};
template <class T>
struct ScalarOf<std::map<std::string, T>> : ScalarOf<T> {};

/// Chained after f("name", member): constraints and help of the field just listed. A constraint on a list or map holds for
/// each element, and an unset optional meets every constraint.
template <class T>
class FieldRef {
 public:
  using Scalar = typename ScalarOf<T>::type;
  FieldRef(Field& field, T& value) : field_(field), value_(value) {}
  FieldRef& help(std::string text);
  FieldRef& required();  ///< no default: an absent key is an error
  FieldRef& at_least(Scalar low);
  FieldRef& above(Scalar low);  ///< strictly greater
  FieldRef& at_most(Scalar high);
  FieldRef& below(Scalar high);                ///< strictly less
  FieldRef& between(Scalar low, Scalar high);  ///< both ends allowed
  FieldRef& one_of(std::vector<Scalar> allowed);

 private:
  template <class Test>
  FieldRef& check(std::string expected, Test test);
  Field& field_;
  T& value_;
};

class Fields {
 public:
  /// Supported T: bool, int64_t, double, std::string, std::vector and std::optional of them, std::map<std::string, V>
  /// of int64_t, double and std::string, Value (taken as it is), structs with fields(), and std::vector or std::optional of
  /// such structs. A null value counts as absent.
  /// An integer is accepted where a number is expected; a single value where a list is expected.
  template <class T>
  FieldRef<T> operator()(std::string name, T& value);

  std::vector<Field>& list() { return list_; }
  const std::vector<Field>& list() const { return list_; }

 private:
  std::vector<Field> list_;
};

/// Reads `value` (an object, or null for all defaults) into the listed fields and runs every check. Unknown keys (named
/// with the nearest known one), wrong types, and broken ranges are all added to `problems`, with place and full path:
/// `sst2.toml:14: method[0].rank = 0; expected at least 1`. Keys in `ignore` belong to somebody else (such as "kind").
void read_fields(std::vector<Field>& fields, const Value& value, const std::string& path, Problems& problems,
                 const std::vector<std::string>& ignore = {});
Value write_fields(const std::vector<Field>& fields);  ///< an object of all fields, defaults included

/// A default-made Options with `value` read into it; throws one usage Error with all problems.
template <HasFields Options>
Options read_options(const Value& value, const std::string& path, const std::vector<std::string>& ignore = {}) {
  Options options;
  Fields f;
  options.fields(f);
  Problems problems;
  read_fields(f.list(), value, path, problems, ignore);
  problems.raise(ErrorKind::usage, "the recipe has settings that cannot be used");
  return options;
}
template <HasFields Options>
Value write_options(Options options) {
  Fields f;
  options.fields(f);
  return write_fields(f.list());
}
/// Name, type, default, range and help of each field, for `espalier list` and the documents.
struct FieldDoc {
  std::string name, type, default_text, range, help;
};
/// Nested fields are listed as "outer.inner".
std::vector<FieldDoc> document_fields(const std::vector<Field>& fields, const std::string& prefix);
template <HasFields Options>
std::vector<FieldDoc> document_options() {
  Options options;
  Fields f;
  options.fields(f);
  return document_fields(f.list(), "");
}

}  // namespace espalier

#include "espalier/base/fields_types.h"
