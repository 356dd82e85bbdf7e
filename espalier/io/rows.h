// Tables row by row: TSV, CSV, JSON lines and plain lines of text, from a file or standard input, in memory that does not grow
// with the file.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "espalier/base/files.h"

namespace espalier {

struct RowOptions {
  std::string format = "auto";       ///< tsv, csv, jsonl, lines, or auto: by suffix; standard input is read as lines
  bool header = true;                ///< the first row of TSV and CSV names the columns; else they are "0", "1", …
  std::optional<bool> quote;         ///< RFC 4180 quotes; by default yes in CSV, no in TSV
  char separator = 0;                ///< 0: comma in CSV, tab in TSV
  int64_t columns = 0;               ///< expected number of columns; 0: as many as the first row has
  bool drop_extra_cells = false;     ///< cells beyond the columns are dropped (STS-B's files have them); else an Error
  bool skip_short_rows = false;      ///< rows with too few cells are skipped and counted (QQP has some); else an Error
  int64_t max_row_bytes = 64 << 20;  ///< a longer row is an Error (most often a quote that is never closed)
};

/// What a cell held in JSON; `text` in every other format.
enum class CellKind : uint8_t { text, number, boolean, list, object, missing };

struct Row {
  /// One per column. JSON: text as itself, anything else as its JSON text ("3", "true", "[1,2]"); "" when missing or null.
  std::vector<std::string> cells;
  std::vector<CellKind> kinds;                 ///< one per column
  int64_t line = 0;                            ///< where the row begins, from 1
  std::shared_ptr<const nlohmann::json> json;  ///< the whole object of a JSON line; null in other formats
  bool missing(size_t column) const { return kinds[column] == CellKind::missing; }
};

class RowReader {
 public:
  virtual ~RowReader() = default;
  /// The next row; false at the end. A row that cannot be read is a data Error with file and line.
  virtual bool next(Row& row) = 0;
  /// Column names; of JSON lines the keys of the first object, in its order; of plain lines "text".
  const std::vector<std::string>& columns() const { return columns_; }
  /// Index of a column given by name, or else by number from 0; a usage Error lists the columns and the nearest.
  size_t column(std::string_view name_or_number) const;

  const std::string& path() const { return path_; }      ///< as given; "standard input" for "-"
  std::string place(int64_t line) const;                 ///< "train.tsv:8"
  const std::string& format() const { return format_; }  ///< tsv, csv, jsonl or lines
  int64_t rows() const { return rows_; }                 ///< rows given so far, the header not counted
  virtual int64_t lines() const = 0;                     ///< lines of the file consumed so far
  virtual int64_t repaired() const = 0;                  ///< invalid UTF-8 sequences replaced by U+FFFD so far
  int64_t blank() const { return blank_; }               ///< blank lines skipped so far
  int64_t short_rows() const { return short_rows_; }     ///< rows skipped by skip_short_rows so far

 protected:
  RowReader(std::string path, std::string format) : path_(std::move(path)), format_(std::move(format)) {}
  std::vector<std::string> columns_;
  std::string path_, format_;
  int64_t rows_ = 0, blank_ = 0, short_rows_ = 0;
};

/// Opens a file, or standard input for "-". Reads the header at once; an empty file is a data Error (plain lines: at the first
/// next, so that a terminal can be typed into). Blank lines are skipped and counted where a row has several cells; in a table of
/// one column they are rows with an empty cell.
std::unique_ptr<RowReader> open_rows(const std::string& path, const RowOptions& options = {});

/// The format that `auto` stands for: by suffix (.tsv .csv .jsonl .ndjson .json .conll .bio .iob .txt); a usage Error otherwise.
std::string format_of(const std::string& path);

/// A cell as RFC 4180 wants it: quoted when it holds the separator, a quote, a line end, or a space at either end.
std::string csv_cell(std::string_view text, char separator = ',');
/// A cell of unquoted TSV: tabs and line ends become one space each.
std::string tsv_cell(std::string_view text);

}  // namespace espalier
