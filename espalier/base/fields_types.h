// The template half of fields.h: how each supported type is named, read, written and constrained.
#pragma once

#include <utility>

#include "espalier/base/fields.h"

namespace espalier {
namespace fields {

/// `path = integer 0; expected a number`, at the value's place.
void expected(const Value& found, const std::string& path, const std::string& what, Problems& problems);
void limit(Field& field, const std::string& range);  ///< adds to the range text
Value within(Value item, const Value& outer);        ///< the item; its place is the outer one's if it has none
std::string either(const std::vector<std::string>& names);

bool read(const Value& from, bool& to, const std::string& path, Problems& problems);
bool read(const Value& from, int64_t& to, const std::string& path, Problems& problems);
bool read(const Value& from, double& to, const std::string& path, Problems& problems);
bool read(const Value& from, std::string& to, const std::string& path, Problems& problems);
bool read(const Value& from, Value& to, const std::string& path, Problems& problems);

template <class T>
inline constexpr bool kIsList = false;
template <class T>
inline constexpr bool kIsList<std::vector<T>> = true;
template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool kIsMap = false;
template <class T>
inline constexpr bool kIsMap<std::map<std::string, T>> = true;

/// "integer", or "integers" where several are meant.
template <class T>
std::string type_name(bool several = false) {
  if constexpr (kIsOptional<T>) {
    return type_name<typename T::value_type>(several);
  } else if constexpr (kIsList<T>) {
    return (several ? "lists of " : "list of ") + type_name<typename T::value_type>(true);
  } else if constexpr (kIsMap<T>) {
    return (several ? "tables of " : "table of ") + type_name<typename T::mapped_type>(true);
  } else if constexpr (std::is_same_v<T, bool>) {
    return "true/false";
  } else if constexpr (std::is_same_v<T, int64_t>) {
    return several ? "integers" : "integer";
  } else if constexpr (std::is_same_v<T, double>) {
    return several ? "numbers" : "number";
  } else if constexpr (std::is_same_v<T, std::string>) {
    return "text";
  } else if constexpr (std::is_same_v<T, Value>) {
    return several ? "values" : "any value";
  } else {
    static_assert(HasFields<T>, "this type cannot be a field");
    return several ? "tables" : "table";
  }
}

/// False when something was wrong; then `to` is as before or partly read, and `problems` says what.
template <class T>
bool read(const Value& from, T& to, const std::string& path, Problems& problems) {
  if constexpr (kIsOptional<T>) {
    typename T::value_type item{};
    if (!read(from, item, path, problems)) return false;
    to = std::move(item);
    return true;
  } else if constexpr (kIsList<T>) {
    const Value::Array* array = from.as_array();
    const size_t size = array == nullptr ? 1 : array->size();
    T items;
    bool good = true;
    for (size_t i = 0; i < size; ++i) {
      typename T::value_type item{};  // std::vector<bool> has no references to its elements
      const std::string item_path = array == nullptr ? path : fmt::format("{}[{}]", path, i);
      good = read(array == nullptr ? from : within((*array)[i], from), item, item_path, problems) && good;
      items.push_back(std::move(item));
    }
    if (good) to = std::move(items);
    return good;
  } else if constexpr (kIsMap<T>) {
    const Value::Object* object = from.as_object();
    if (object == nullptr) {
      expected(from, path, "a " + type_name<T>(), problems);
      return false;
    }
    T items;
    bool good = true;
    for (const auto& [key, value] : *object) good = read(within(value, from), items[key], path + "." + key, problems) && good;
    if (good) to = std::move(items);
    return good;
  } else {
    static_assert(HasFields<T>, "this type cannot be a field");
    const size_t before = problems.size();
    Fields nested;
    to.fields(nested);
    read_fields(nested.list(), from, path, problems);
    return problems.size() == before;
  }
}

template <class T>
Value write(const T& from) {
  if constexpr (kIsOptional<T>) {
    return from ? write(*from) : Value();
  } else if constexpr (kIsList<T>) {
    Value::Array items;
    for (const auto& item : from) items.push_back(write<typename T::value_type>(item));
    return items;
  } else if constexpr (kIsMap<T>) {
    Value::Object items;
    for (const auto& [key, item] : from) items.emplace_back(key, write(item));
    return items;
  } else if constexpr (HasFields<T>) {
    Fields nested;
    const_cast<T&>(from).fields(nested);  // fields() binds references; writing only looks at them
    return write_fields(nested.list());
  } else {
    return Value(from);
  }
}

/// The fields of a nested struct, for documentation. They are bound to `sample`, which they keep alive.
template <class T>
std::vector<Field> children_of() {
  if constexpr (kIsOptional<T> || kIsList<T>) {
    return children_of<typename T::value_type>();
  } else if constexpr (HasFields<T>) {
    auto sample = std::make_shared<T>();
    Fields nested;
    sample->fields(nested);
    std::vector<Field> children = std::move(nested.list());
    for (Field& child : children) child.write = [sample, write = std::move(child.write)] { return write(); };
    return children;
  } else {
    return {};
  }
}

template <class T, class Test>
bool all(const T& value, const Test& test) {
  if constexpr (kIsOptional<T>) {
    return !value || all(*value, test);
  } else if constexpr (kIsList<T>) {
    for (const auto& item : value) {
      if (!all<typename T::value_type>(item, test)) return false;
    }
    return true;
  } else if constexpr (kIsMap<T>) {
    for (const auto& [key, item] : value) {
      if (!all(item, test)) return false;
    }
    return true;
  } else {
    return test(value);
  }
}

}  // namespace fields

template <class T>
FieldRef<T> Fields::operator()(std::string name, T& value) {
  Field& field = list_.emplace_back();
  field.name = std::move(name);
  field.type = fields::type_name<T>();
  field.read = [&value](const Value& from, const std::string& path, Problems& problems) {
    fields::read(from, value, path, problems);
  };
  field.write = [&value] { return fields::write(value); };
  field.optional = fields::kIsOptional<T>;
  field.children = fields::children_of<T>();
  return {field, value};
}

template <class T>
FieldRef<T>& FieldRef<T>::help(std::string text) {
  field_.help = std::move(text);
  return *this;
}

template <class T>
FieldRef<T>& FieldRef<T>::required() {
  field_.required = true;
  return *this;
}

template <class T>
template <class Test>
FieldRef<T>& FieldRef<T>::check(std::string expected, Test test) {
  fields::limit(field_, expected);
  field_.checks.push_back([&value = value_, expected = std::move(expected), test = std::move(test)]() -> std::string {
    return fields::all(value, test) ? "" : expected;
  });
  return *this;
}

template <class T>
FieldRef<T>& FieldRef<T>::at_least(Scalar low) {
  return check(fmt::format("at least {}", low), [low](const Scalar& v) { return v >= low; });
}

template <class T>
FieldRef<T>& FieldRef<T>::above(Scalar low) {
  return check(fmt::format("above {}", low), [low](const Scalar& v) { return v > low; });
}

template <class T>
FieldRef<T>& FieldRef<T>::at_most(Scalar high) {
  return check(fmt::format("at most {}", high), [high](const Scalar& v) { return v <= high; });
}

template <class T>
FieldRef<T>& FieldRef<T>::below(Scalar high) {
  return check(fmt::format("below {}", high), [high](const Scalar& v) { return v < high; });
}

template <class T>
FieldRef<T>& FieldRef<T>::between(Scalar low, Scalar high) {
  return check(fmt::format("from {} to {}", low, high), [low, high](const Scalar& v) { return v >= low && v <= high; });
}

template <class T>
FieldRef<T>& FieldRef<T>::one_of(std::vector<Scalar> allowed) {
  std::vector<std::string> names;
  for (const Scalar& one : allowed) names.push_back(fmt::format("{}", one));
  return check(fields::either(names), [allowed = std::move(allowed)](const Scalar& v) {
    for (const Scalar& one : allowed) {
      if (one == v) return true;
    }
    return false;
  });
}

}  // namespace espalier
