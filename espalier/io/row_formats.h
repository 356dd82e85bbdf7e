// The formats behind open_rows, one source each.
#pragma once

#include <memory>
#include <string>

#include "espalier/io/line_reader.h"
#include "espalier/io/rows.h"

namespace espalier {

/// Column names as messages list them; of one too long for a name only its length, since the first row of a file that should have
/// been read without a header is somebody's text.
std::string shown_columns(const std::vector<std::string>& columns);

/// Rows that are read from lines.
class LineRowReader : public RowReader {
 public:
  LineRowReader(const std::string& path, const std::string& format, const RowOptions& options)
      : RowReader(path == "-" ? "standard input" : path, format), reader_(path, options.max_row_bytes) {}
  int64_t lines() const final { return reader_.lines(); }
  int64_t repaired() const final { return reader_.repaired(); }

 protected:
  LineReader reader_;
};

std::unique_ptr<RowReader> open_delimited(const std::string& path, const std::string& format, const RowOptions& options);
std::unique_ptr<RowReader> open_json_lines(const std::string& path, const RowOptions& options);
std::unique_ptr<RowReader> open_plain_lines(const std::string& path, const RowOptions& options);

}  // namespace espalier
