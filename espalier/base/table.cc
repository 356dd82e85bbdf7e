// Tables as aligned text or Markdown.
#include "espalier/base/table.h"

#include <algorithm>

#include "espalier/base/error.h"
#include "espalier/base/text.h"

namespace espalier {
namespace {

std::string one_line(std::string cell) {
  cell = replace_all(std::move(cell), "\r\n", " ");
  std::replace_if(
      cell.begin(), cell.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return cell;
}

std::string padded(const std::string& cell, size_t width, bool right) {
  const std::string space(width - std::min(width, size_t(display_width(cell))), ' ');
  return right ? space + cell : cell + space;
}

std::string line(const std::vector<std::string>& cells, const std::vector<size_t>& widths, const std::vector<bool>& right) {
  std::string out;
  for (size_t i = 0; i < cells.size(); ++i) out += (i > 0 ? "  " : "") + padded(cells[i], widths[i], right[i]);
  out.erase(out.find_last_not_of(' ') + 1);
  return out + "\n";
}

}  // namespace

Table::Table(std::vector<std::string> titles) : titles_(std::move(titles)) {
  if (titles_.empty()) throw bug_error("a table needs a column");
  for (std::string& title : titles_) {
    right_.push_back(title.starts_with('>'));
    if (right_.back()) title.erase(0, 1);
  }
}

Table& Table::row(std::vector<std::string> cells) {
  if (cells.size() != titles_.size()) {
    throw bug_error("a row of {} cells in a table of {} columns", cells.size(), titles_.size());
  }
  for (std::string& cell : cells) cell = one_line(std::move(cell));
  rows_.push_back(std::move(cells));
  return *this;
}

Table& Table::rule() {
  rows_.emplace_back();
  return *this;
}

std::string Table::text() const {
  std::vector<size_t> widths;
  for (const std::string& title : titles_) widths.push_back(size_t(display_width(title)));
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], size_t(display_width(row[i])));
  }
  size_t total = 2 * (widths.size() - 1);
  for (const size_t width : widths) total += width;
  const std::string rule = std::string(total, '-') + "\n";
  std::string out = line(titles_, widths, right_) + rule;
  for (const auto& row : rows_) out += row.empty() ? rule : line(row, widths, right_);
  return out;
}

std::string Table::markdown() const {
  const auto row_text = [](const std::vector<std::string>& cells) {
    std::string out = "|";
    for (const std::string& cell : cells) out += " " + replace_all(cell, "|", "\\|") + " |";
    return out + "\n";
  };
  std::string out = row_text(titles_) + "|";
  for (const bool right : right_) out += right ? "---:|" : "---|";
  out += "\n";
  for (const auto& row : rows_) {
    if (!row.empty()) out += row_text(row);
  }
  return out;
}

std::vector<std::vector<std::string>> Table::cells() const {
  std::vector<std::vector<std::string>> cells = rows_;
  std::erase_if(cells, [](const auto& row) { return row.empty(); });
  return cells;
}

}  // namespace espalier
