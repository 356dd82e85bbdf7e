// Reading, checking, writing and documenting the fields of an options struct.
#include "espalier/base/fields.h"

#include <algorithm>
#include <cmath>

#include "espalier/base/text.h"

namespace espalier {
namespace {

std::string member(const std::string& path, const std::string& name) { return path.empty() ? name : path + "." + name; }

/// A nested struct is read even when its table is absent: its own required fields and checks still count.
bool always_read(const Field& field) { return field.type == "table" && !field.children.empty() && !field.optional; }

void run_checks(const Field& field, const Value* found, const std::string& path, const std::string& place, Problems& problems) {
  if (field.checks.empty()) return;
  for (const auto& check : field.checks) {
    const std::string expected = check();
    if (expected.empty()) continue;
    const std::string shown = found != nullptr ? found->text() : field.write().text() + " (the default)";
    problems.add(place, fmt::format("{} = {}; expected {}", path, shown, expected));
  }
}

}  // namespace

namespace fields {

void expected(const Value& found, const std::string& path, const std::string& what, Problems& problems) {
  problems.add(found.place(), fmt::format("{} = {}; expected {}", path, found.describe(), what));
}

void limit(Field& field, const std::string& range) { field.range += (field.range.empty() ? "" : ", ") + range; }

Value within(Value item, const Value& outer) {
  if (item.place().empty()) item.at(outer.place());
  return item;
}

std::string either(const std::vector<std::string>& names) { return "one of " + join(names, ", "); }

bool read(const Value& from, bool& to, const std::string& path, Problems& problems) {
  if (const bool* v = from.as_bool()) return to = *v, true;
  return expected(from, path, "true or false", problems), false;
}

bool read(const Value& from, int64_t& to, const std::string& path, Problems& problems) {
  if (const int64_t* v = from.as_int()) return to = *v, true;
  return expected(from, path, "an integer", problems), false;
}

bool read(const Value& from, double& to, const std::string& path, Problems& problems) {
  if (const int64_t* v = from.as_int()) return to = double(*v), true;
  if (const double* v = from.as_double()) {
    if (std::isfinite(*v)) return to = *v, true;
    return expected(from, path, "a finite number", problems), false;
  }
  return expected(from, path, "a number", problems), false;
}

bool read(const Value& from, std::string& to, const std::string& path, Problems& problems) {
  if (const std::string* v = from.as_string()) return to = *v, true;
  return expected(from, path, "text in quotes", problems), false;
}

bool read(const Value& from, Value& to, const std::string&, Problems&) { return to = from, true; }

}  // namespace fields

void read_fields(std::vector<Field>& fields, const Value& value, const std::string& path, Problems& problems,
                 const std::vector<std::string>& ignore) {
  if (!value.is_null() && value.as_object() == nullptr) {
    return espalier::fields::expected(value, path, "a table", problems);
  }
  std::vector<std::string> known;
  for (Field& field : fields) {
    known.push_back(field.name);
    const std::string field_path = member(path, field.name);
    const Value* found = value.find(field.name);
    if (found != nullptr && found->is_null()) found = nullptr;
    std::string place = found != nullptr && !found->place().empty() ? found->place() : value.place();
    if (found == nullptr && field.required) {
      problems.add(place, fmt::format("{} is missing; expected {}", field_path, field.range.empty() ? field.type : field.range),
                   field.help.empty() ? "" : fmt::format("set {}: {}", field.name, field.help));
      continue;
    }
    const size_t before = problems.size();
    if (found != nullptr || always_read(field)) {
      Value here = found != nullptr ? *found : Value();
      field.read(here.at(place), field_path, problems);
    }
    if (problems.size() == before) run_checks(field, found, field_path, place, problems);
  }
  if (value.is_null()) return;
  for (const auto& [key, item] : *value.as_object()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    if (std::find(ignore.begin(), ignore.end(), key) != ignore.end()) continue;
    const std::string near = did_you_mean(key, known);
    problems.add(item.place().empty() ? value.place() : item.place(),
                 fmt::format("{} is unknown{}", member(path, printable(key)), near),
                 near.empty() && !known.empty() ? "known here: " + join(known, ", ") : "");
  }
}

Value write_fields(const std::vector<Field>& fields) {
  Value out{Value::Object{}};
  for (const Field& field : fields) {
    Value value = field.write();
    if (!value.is_null()) out.set(field.name, std::move(value));
  }
  return out;
}

std::vector<FieldDoc> document_fields(const std::vector<Field>& fields, const std::string& prefix) {
  std::vector<FieldDoc> docs;
  for (const Field& field : fields) {
    const std::string name = prefix + field.name;
    const bool nested = !field.children.empty();
    if (!nested || !field.help.empty()) {
      docs.push_back({name, field.type,
                      field.required ? "required"
                      : nested       ? ""
                                     : field.write().text(),
                      field.range, field.help});
    }
    if (!nested) continue;
    const bool list = field.type.starts_with("list");
    for (FieldDoc& doc : document_fields(field.children, name + (list ? "[]." : "."))) docs.push_back(std::move(doc));
  }
  return docs;
}

}  // namespace espalier
