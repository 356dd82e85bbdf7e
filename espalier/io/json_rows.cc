// JSON lines: one object a line. The keys of the first object are the columns; an absent or null value is a missing cell.
#include <nlohmann/json.hpp>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/json.h"
#include "espalier/io/row_formats.h"

namespace espalier {
namespace {

using nlohmann::json;

CellKind kind_of(const json& value) {
  switch (value.type()) {
    case json::value_t::null:
      return CellKind::missing;
    case json::value_t::boolean:
      return CellKind::boolean;
    case json::value_t::string:
      return CellKind::text;
    case json::value_t::array:
      return CellKind::list;
    case json::value_t::object:
      return CellKind::object;
    default:
      return CellKind::number;
  }
}

// Without what it holds, which may be somebody's text.
std::string shape(const json& value) { return value.is_string() ? "a text" : describe_json(value); }

class JsonLineReader final : public LineRowReader {
 public:
  JsonLineReader(const std::string& path, const RowOptions& options) : LineRowReader(path, "jsonl", options) {
    if (!read_line()) throw data_error("the file is empty; expected JSON lines").at(path_);
    if (trim(text_).starts_with('[')) {
      throw data_error("the line begins a JSON list; expected one object a line")
          .at(place(reader_.lines()))
          .hint("convert it: jq -c '.[]' IN.json > OUT.jsonl");
    }
    const auto first = parse_ordered_json(text_, path_, kDepth, reader_.lines());
    if (first.is_object()) {
      for (const auto& item : first.items()) columns_.push_back(item.key());
    }
    if (columns_.empty())
      throw data_error("the first line is {}; expected an object with keys", shape(first)).at(place(reader_.lines()));
    pending_ = true;
  }

  bool next(Row& row) override {
    if (!pending_ && !read_line()) return false;
    pending_ = false;
    row.line = reader_.lines();
    auto object = std::make_shared<const json>(parse_json(text_, path_, kDepth, row.line));
    if (!object->is_object()) {
      throw data_error("the line is {}; expected an object", shape(*object)).at(place(row.line));
    }
    row.cells.assign(columns_.size(), "");
    row.kinds.assign(columns_.size(), CellKind::missing);
    for (size_t i = 0; i < columns_.size(); ++i) {
      const auto at = object->find(columns_[i]);
      if (at == object->end()) continue;
      row.kinds[i] = kind_of(*at);
      if (row.kinds[i] == CellKind::text) {
        row.cells[i] = at->get<std::string>();
      } else if (row.kinds[i] != CellKind::missing) {
        row.cells[i] = at->dump();
      }
    }
    row.json = std::move(object);
    ++rows_;
    return true;
  }

 private:
  static constexpr int kDepth = 200;

  bool read_line() {
    while (reader_.next(text_)) {
      if (!trim(text_).empty()) return true;
      ++blank_;
    }
    return false;
  }

  std::string text_;
  bool pending_ = false;
};

class PlainLineReader final : public LineRowReader {
 public:
  PlainLineReader(const std::string& path, const RowOptions& options) : LineRowReader(path, "lines", options) {
    columns_ = {"text"};
  }

  bool next(Row& row) override {
    row.cells.resize(1);
    if (!reader_.next(row.cells[0])) {
      if (rows_ == 0) throw data_error("the input is empty; expected one text a line").at(path_);
      return false;
    }
    row.kinds.assign(1, CellKind::text);
    row.line = reader_.lines();
    row.json.reset();
    ++rows_;
    return true;
  }
};

}  // namespace

std::unique_ptr<RowReader> open_json_lines(const std::string& path, const RowOptions& options) {
  return std::make_unique<JsonLineReader>(path, options);
}

std::unique_ptr<RowReader> open_plain_lines(const std::string& path, const RowOptions& options) {
  return std::make_unique<PlainLineReader>(path, options);
}

}  // namespace espalier
