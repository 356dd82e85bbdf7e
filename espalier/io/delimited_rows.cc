// TSV and CSV. Quotes as in RFC 4180: a cell that begins with a quote ends at the next lone quote; a doubled quote is one.
#include <algorithm>
#include <map>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/io/row_formats.h"

namespace espalier {
namespace {

class DelimitedReader final : public LineRowReader {
 public:
  DelimitedReader(const std::string& path, const std::string& format, const RowOptions& options)
      : LineRowReader(path, format, options),
        options_(options),
        separator_(options.separator != 0 ? options.separator
                   : format == "csv"      ? ','
                                          : '\t'),
        quote_(options.quote.value_or(format == "csv")) {
    if (separator_ == '"' || separator_ == '\n' || separator_ == '\r') {
      throw usage_error("the separator cannot be a quote or a line end").at(path_);
    }
    read_first();
  }

  bool next(Row& row) override {
    if (pending_) {
      pending_ = false;
      row.cells.swap(first_.cells);
      row.line = first_.line;
    } else if (!read_fitting(row)) {
      return false;
    }
    row.kinds.assign(row.cells.size(), CellKind::text);
    row.json.reset();
    ++rows_;
    return true;
  }

 private:
  void read_first() {
    do {
      if (!read(first_))
        throw data_error("the file is empty; expected {}", options_.header ? "a header and rows" : "rows").at(path_);
    } while (blank_row_ && ++blank_ > 0);
    if (options_.header) {
      columns_ = std::move(first_.cells);
      name_columns(first_.line);
    } else {
      const size_t count = options_.columns > 0 ? options_.columns : first_.cells.size();
      for (size_t i = 0; i < count; ++i) columns_.push_back(std::to_string(i));
      pending_ = fits(first_);
    }
  }

  // A nameless column, such as the row numbers that pandas writes, goes by its number.
  void name_columns(int64_t line) {
    if (options_.columns > 0 && static_cast<int64_t>(columns_.size()) != options_.columns) {
      throw data_error("the header has {} columns; expected {}", columns_.size(), options_.columns).at(place(line));
    }
    std::map<std::string, std::vector<size_t>> numbers;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].empty()) columns_[i] = std::to_string(i);
      numbers[columns_[i]].push_back(i);
    }
    Problems problems;
    for (const auto& [name, at] : numbers) {
      if (at.size() == 1) continue;
      problems.add(place(line), fmt::format("columns {} are all named '{}'", fmt::join(at, ", "), printable(name, 100)),
                   "rename all but one, or if the first row is no header, say so");
    }
    problems.raise(ErrorKind::data, place(line) + ": the header names columns twice");
  }

  bool read_fitting(Row& row) {
    do {
      if (!read(row)) return false;
    } while (!fits(row));
    return true;
  }

  // False for a row to be skipped. An empty line is a row only where one empty cell can be one.
  bool fits(Row& row) {
    if (blank_row_ && columns_.size() > 1) return ++blank_, false;
    if (row.cells.size() == columns_.size()) return true;
    if (row.cells.size() > columns_.size() && options_.drop_extra_cells) return row.cells.resize(columns_.size()), true;
    if (row.cells.size() < columns_.size() && options_.skip_short_rows) return ++short_rows_, false;
    wrong_count(row);
  }

  [[noreturn]] void wrong_count(const Row& row) {
    Error error = data_error("the row has {} {}; expected {} ({})", row.cells.size(), row.cells.size() == 1 ? "cell" : "cells",
                             columns_.size(), shown_columns(columns_));
    const bool quotes =
        std::any_of(row.cells.begin(), row.cells.end(), [](const std::string& cell) { return cell.starts_with('"'); });
    std::string hint;
    if (quote_ && row.cells.size() > columns_.size())
      hint = fmt::format("a cell that holds '{}' must stand in quotes", separator_);
    if (!quote_ && quotes) hint = "the cells are quoted; ask for quotes";
    throw hint.empty() ? std::move(error).at(place(row.line)) : std::move(error).at(place(row.line)).hint(hint);
  }

  bool read(Row& row) {
    row.cells.clear();
    if (!(quote_ ? reader_.next_raw(text_) : reader_.next(text_))) return false;
    row.line = reader_.lines();
    if (!quote_) {
      blank_row_ = text_.empty();
      row.cells = split(text_, separator_);
      return true;
    }
    blank_row_ = text_[0] == '\n' || text_[0] == '\r';
    read_quoted(row);
    return true;
  }

  // One row of cells from text_, taking in further lines while a quote is open.
  void read_quoted(Row& row) {
    size_t at = 0;
    while (true) {
      std::string& cell = row.cells.emplace_back();
      if (at < text_.size() && text_[at] == '"') {
        at = read_quoted_cell(row, cell, at + 1);
      } else {
        const auto begin = text_.begin() + static_cast<std::ptrdiff_t>(at);
        const auto end = std::find_if(begin, text_.end(), [&](char c) { return c == separator_ || c == '\n' || c == '\r'; });
        cell.assign(begin, end);
        at += cell.size();
      }
      if (at >= text_.size() || text_[at] != separator_) return;
      ++at;
    }
  }

  size_t read_quoted_cell(const Row& row, std::string& cell, size_t at) {
    const int64_t began = reader_.lines();
    while (true) {
      const size_t quote = text_.find('"', at);
      if (quote == std::string::npos) {
        cell.append(text_, at);
        more(row, cell, began);
        at = 0;
        continue;
      }
      cell.append(text_, at, quote - at);
      at = quote + 1;
      if (at >= text_.size() || text_[at] != '"') break;
      cell += '"';
      ++at;
    }
    if (at < text_.size() && text_[at] != separator_ && text_[at] != '\n' && text_[at] != '\r') {
      throw data_error("something stands after the closing quote of cell {}; expected '{}' or the end of the line",
                       row.cells.size(), printable(std::string_view(&separator_, 1)))
          .at(place(reader_.lines()))
          .hint("inside quotes, write a quote as two");
    }
    return at;
  }

  void more(const Row& row, const std::string& cell, int64_t began) {
    const auto advice = "inside quotes, write a quote as two; if quotes mean nothing in this file, switch them off";
    if (static_cast<int64_t>(cell.size()) > options_.max_row_bytes) {
      throw data_error("the quoted cell {} is longer than {}", row.cells.size(), human_bytes(options_.max_row_bytes))
          .at(place(began))
          .hint(advice);
    }
    if (!reader_.next_raw(text_)) {
      throw data_error("the quote that opens cell {} is never closed", row.cells.size()).at(place(began)).hint(advice);
    }
  }

  RowOptions options_;
  char separator_;
  bool quote_;
  std::string text_;
  Row first_;
  bool pending_ = false, blank_row_ = false;
};

}  // namespace

std::unique_ptr<RowReader> open_delimited(const std::string& path, const std::string& format, const RowOptions& options) {
  return std::make_unique<DelimitedReader>(path, format, options);
}

}  // namespace espalier
