// The rows of a file that are wanted, and what became of the others.
#pragma once

#include <memory>
#include <string>

#include "espalier/data/reader.h"

namespace espalier {

class TableRows {
 public:
  TableRows(const std::string& path, const RowOptions& rows, ReadOptions options)
      : reader_(open_rows(path, rows)), options_(std::move(options)) {}

  /// The next wanted row; false at the end.
  bool next(Row& row) {
    do {
      if (!reader_->next(row)) return false;
    } while (!options_.wants(number()));
    ++wanted_;
    return true;
  }
  int64_t number() const { return reader_->rows() - 1; }  ///< of the row that was read last, from 0
  RowReader& reader() const { return *reader_; }

  /// `counts` with what the file's reader has counted.
  ReadCounts with_rows(ReadCounts counts) const {
    counts.rows = wanted_;
    counts.lines = reader_->lines();
    counts.repaired = reader_->repaired();
    counts.blank = reader_->blank();
    counts.short_rows = reader_->short_rows();
    return counts;
  }

 private:
  std::unique_ptr<RowReader> reader_;
  ReadOptions options_;
  int64_t wanted_ = 0;
};

}  // namespace espalier
