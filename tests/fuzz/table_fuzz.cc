// TSV and CSV: the first part gives the options, the second is the file.
#include "espalier/base/text.h"
#include "espalier/io/rows.h"
#include "tests/fuzz/target.h"

namespace espalier::fuzz {
namespace {

void read(std::string_view bytes) {
  const std::vector<std::string_view> part = parts(bytes, 2);
  const auto has = [&](char option) { return part[0].find(option) != std::string_view::npos; };
  RowOptions options;
  options.format = has('c') ? "csv" : "tsv";
  options.header = !has('h');
  if (has('q')) options.quote = true;
  if (has('n')) options.quote = false;
  options.drop_extra_cells = has('d');
  options.skip_short_rows = has('s');
  options.max_row_bytes = 1 << 16;
  const auto reader = open_rows(memory_file(part[1]).string(), options);
  Row row;
  int64_t last = 0;
  while (reader->next(row)) {
    expect(row.cells.size() == reader->columns().size() && row.kinds.size() == row.cells.size(), "a row has a cell a column");
    expect(row.line > last, "lines ascend");
    last = row.line;
    for (const std::string& cell : row.cells) expect(valid_utf8(cell), "cells are UTF-8");
  }
}

const AddTarget kTarget("table", read);

}  // namespace
}  // namespace espalier::fuzz
