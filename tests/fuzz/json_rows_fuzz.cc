// JSON lines.
#include "espalier/base/text.h"
#include "espalier/io/rows.h"
#include "tests/fuzz/target.h"

namespace espalier::fuzz {
namespace {

void read(std::string_view bytes) {
  RowOptions options;
  options.format = "jsonl";
  const auto reader = open_rows(memory_file(bytes).string(), options);
  Row row;
  while (reader->next(row)) {
    expect(row.cells.size() == reader->columns().size() && row.kinds.size() == row.cells.size(), "a row has a cell a column");
    for (const std::string& cell : row.cells) expect(valid_utf8(cell), "cells are UTF-8");
  }
}

const AddTarget kTarget("json_rows", read);

}  // namespace
}  // namespace espalier::fuzz
