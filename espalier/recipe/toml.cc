#include "espalier/recipe/toml.h"

#include <toml++/toml.h>
#include <cmath>

#include "espalier/base/error.h"
#include "espalier/base/text.h"

namespace espalier {
namespace {

/// What toml++ is given instead of characters beyond ASCII: a word that the text does not hold, and the byte as two digits.
/// toml++ 3.3 asks such characters whether they are white space and runs into __builtin_unreachable
/// (is_non_ascii_horizontal_whitespace), in texts too once it has met a mistake.
struct Stand {
  std::string word = "U_";

  explicit Stand(std::string_view text) {
    while (text.find(word) != std::string_view::npos) word.insert(0, "U");
  }
  std::string encode(std::string_view text) const {
    std::string out;
    for (const char c : text) {
      if (static_cast<unsigned char>(c) < 0x80) {
        out += c;
      } else {
        out += fmt::format("{}{:02X}", word, static_cast<unsigned char>(c));
      }
    }
    return out;
  }
  std::string decode(std::string_view text) const {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    while (!text.empty()) {
      const size_t at = std::min(text.find(word), text.size());
      out += text.substr(0, at);
      text.remove_prefix(at);
      if (text.empty()) break;
      const std::string_view byte = text.substr(std::min(word.size(), text.size()), 2);
      if (byte.size() == 2 && byte.find_first_not_of(digits) == std::string_view::npos) {
        out += static_cast<char>(digits.find(byte[0]) * 16 + digits.find(byte[1]));
        text.remove_prefix(word.size() + 2);
      } else {  // toml++ quotes a part of it
        out += text;
        break;
      }
    }
    return out;
  }
};

std::string place_of(const toml::node& node, const std::string& name) {
  return node.source().begin.line > 0 ? fmt::format("{}:{}", name, node.source().begin.line) : name;
}

Value to_value(const toml::node& node, const std::string& name, const Stand& stand) {
  Value value;
  if (const auto* table = node.as_table()) {
    // toml++ sorts keys; the order of the file is that of the sources.
    std::vector<std::pair<const toml::key*, const toml::node*>> members;
    for (const auto& [key, member] : *table) members.emplace_back(&key, &member);
    std::stable_sort(members.begin(), members.end(), [](const auto& a, const auto& b) {
      const auto &x = a.first->source().begin, &y = b.first->source().begin;
      return x.line != y.line ? x.line < y.line : x.column < y.column;
    });
    Value::Object object;
    for (const auto& [key, member] : members) object.emplace_back(stand.decode(key->str()), to_value(*member, name, stand));
    value = std::move(object);
  } else if (const auto* array = node.as_array()) {
    Value::Array items;
    for (const toml::node& item : *array) items.push_back(to_value(item, name, stand));
    value = std::move(items);
  } else if (const auto* text = node.as_string()) {
    value = stand.decode(text->get());
  } else if (const auto* integer = node.as_integer()) {
    value = integer->get();
  } else if (const auto* number = node.as_floating_point()) {
    value = number->get();
  } else if (const auto* truth = node.as_boolean()) {
    value = truth->get();
  } else {
    throw usage_error("a date or time; expected a number, text, true or false, a list or a table").at(place_of(node, name));
  }
  value.at(place_of(node, name));
  return value;
}

std::string text_literal(std::string_view text) {
  std::string out = "\"";
  for (const char c : repair_utf8(text)) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          out += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
        } else {
          out += c;
        }
    }
  }
  return out + "\"";
}

std::string key_literal(const std::string& key) {
  const bool bare = !key.empty() && key.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") ==
                                        std::string::npos;
  return bare ? key : text_literal(key);
}

std::string number_literal(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  std::string text = fmt::format("{}", number);  // the shortest that reads back as the same bits
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string literal(const Value& value) {
  if (const bool* v = value.as_bool()) return *v ? "true" : "false";
  if (const int64_t* v = value.as_int()) return std::to_string(*v);
  if (const double* v = value.as_double()) return number_literal(*v);
  if (const std::string* v = value.as_string()) return text_literal(*v);
  std::vector<std::string> parts;
  if (const Value::Array* v = value.as_array()) {
    for (const Value& item : *v) parts.push_back(literal(item));
    return "[" + join(parts, ", ") + "]";
  }
  if (const Value::Object* v = value.as_object()) {
    for (const auto& [key, item] : *v) {
      if (!item.is_null()) parts.push_back(key_literal(key) + " = " + literal(item));
    }
    return parts.empty() ? "{}" : "{ " + join(parts, ", ") + " }";
  }
  throw bug_error("nothing cannot stand in a TOML list");
}

void write_members(const Value& table, std::string& out) {
  for (const auto& [key, value] : *table.as_object()) {
    if (!value.is_null()) out += key_literal(key) + " = " + literal(value) + "\n";
  }
}

bool is_ascii(std::string_view text) { return text.empty() || static_cast<unsigned char>(text[0]) < 0x80; }

/// The byte after the text or comment that begins at `at`; `at` itself when none does.
size_t after_text(std::string_view toml, size_t at) {
  if (toml[at] == '#') return std::min(toml.find('\n', at), toml.size());
  const char quote = toml[at];
  if (quote != '"' && quote != '\'') return at;
  const std::string three(3, quote);
  const bool lines = toml.substr(at, 3) == three;
  const std::string end = lines ? three : std::string(1, quote);
  for (at += end.size(); at < toml.size(); ++at) {
    if (toml.substr(at, end.size()) == end) return at + end.size();
    if (toml[at] == '\n' && !lines) return at;
    if (toml[at] != '\\' || quote != '"') continue;
    if (!is_ascii(toml.substr(at + 1))) return at + 1;  // no escape: it is stray
    ++at;
  }
  return at;
}

/// TOML is ASCII but for texts and comments.
void refuse_stray_characters(std::string_view toml, const std::string& name) {
  for (size_t at = toml.starts_with("\xEF\xBB\xBF") ? 3 : 0; at < toml.size();) {
    const size_t next = after_text(toml, at);
    if (next == at && !is_ascii(toml.substr(at))) {
      const int64_t line = 1 + std::count(toml.begin(), toml.begin() + int64_t(at), '\n');
      throw usage_error("this is no TOML: the character '{}' outside of any text", repair_utf8(toml.substr(at, 4)))
          .at(fmt::format("{}:{}", name, line));
    }
    at = std::max(next, at + 1);
  }
}

}  // namespace

Value parse_toml(std::string_view text, const std::string& name) {
  if (!valid_utf8(text)) throw usage_error("this is no TOML: not UTF-8").at(name);
  refuse_stray_characters(text, name);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const Stand stand(text);
  try {
    const toml::table table = toml::parse(stand.encode(text), name);
    return to_value(table, name, stand).at(name);
  } catch (const toml::parse_error& error) {
    const auto& at = error.source().begin;
    throw usage_error("this is no TOML: {}", repair_utf8(stand.decode(error.description())))
        .at(fmt::format("{}:{}:{}", name, at.line, at.column));
  }
}

Value read_toml(const fs::path& path) { return parse_toml(read_file(path), path.string()); }

bool is_tables(const Value& value) {
  const Value::Array* array = value.as_array();
  return array != nullptr && !array->empty() &&
         std::all_of(array->begin(), array->end(), [](const Value& item) { return item.as_object() != nullptr; });
}

std::string write_toml(const Value& object) {
  const Value::Object* members = object.as_object();
  if (members == nullptr) throw bug_error("only a table can be written as TOML");
  std::string out;
  for (const auto& [key, value] : *members) {
    if (value.is_null() || value.as_object() != nullptr || is_tables(value)) continue;
    out += key_literal(key) + " = " + literal(value) + "\n";
  }
  for (const auto& [key, value] : *members) {
    if (value.as_object() != nullptr) {
      out += fmt::format("\n[{}]\n", key_literal(key));
      write_members(value, out);
    } else if (is_tables(value)) {
      for (const Value& item : *value.as_array()) {
        out += fmt::format("\n[[{}]]\n", key_literal(key));
        write_members(item, out);
      }
    }
  }
  return out;
}

Setting parse_setting(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || trim(text.substr(0, equals)).empty()) {
    throw usage_error("'{}' is no setting", printable(text, 80)).at("--set").hint("write path=value, such as train.epochs=5");
  }
  Setting setting;
  setting.path = trim(std::string_view(text).substr(0, equals));
  const std::string raw(trim(std::string_view(text).substr(equals + 1)));
  setting.value = raw;
  try {
    const Value parsed = parse_toml("value = " + raw + "\n", "");
    const Value* value = parsed.as_object()->size() == 1 ? parsed.find("value") : nullptr;
    // The words inf and nan are numbers to TOML, and names to everybody else.
    if (value != nullptr && !(value->as_double() != nullptr && !std::isfinite(*value->as_double()))) setting.value = *value;
  } catch (const Error&) {
    // A bare word is text.
  }
  setting.value.at("--set " + setting.path);
  return setting;
}

}  // namespace espalier
