// A table for people: aligned columns in a terminal, or Markdown for documents.
#pragma once

#include <string>
#include <vector>

namespace espalier {

class Table {
 public:
  /// Column titles; a title that starts with '>' is right-aligned (the sign is not printed).
  explicit Table(std::vector<std::string> titles);
  Table& row(std::vector<std::string> cells);  ///< throws a bug Error when the number of cells differs from the titles
  Table& rule();                               ///< a horizontal line in terminal form; nothing in Markdown
  size_t rows() const { return rows_.size(); }
  /// Terminal form: two spaces between columns, a line under the titles, widths in display columns (wide CJK count two).
  std::string text() const;
  std::string markdown() const;
  /// For other forms of writing it; rules are left out of the rows.
  const std::vector<std::string>& titles() const { return titles_; }
  std::vector<std::vector<std::string>> cells() const;

 private:
  std::vector<std::string> titles_;
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;  // an empty row is a rule
};

}  // namespace espalier
