#include "espalier/base/table.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"

namespace espalier {
namespace {

TEST(Table, AlignsColumns) {
  Table table({"method", ">trained", "note"});
  table.row({"lora", "294,912", "on query, value"}).rule().row({"日本", "8", ""});
  EXPECT_EQ(table.rows(), 3U);
  EXPECT_EQ(table.text(),
            "method  trained  note\n"
            "--------------------------------\n"
            "lora    294,912  on query, value\n"
            "--------------------------------\n"
            "日本          8\n");
}

TEST(Table, Markdown) {
  Table table({"a", ">b"});
  table.row({"x|y", "1"}).rule().row({"two\nlines", "2"});
  EXPECT_EQ(table.markdown(), "| a | b |\n|---|---:|\n| x\\|y | 1 |\n| two lines | 2 |\n");
}

TEST(Table, RefusesRowsOfAnotherWidth) {
  support::expect_error(ErrorKind::bug, [] { Table({"a"}).row({"1", "2"}); }, {"2 cells", "1 columns"});
  support::expect_error(ErrorKind::bug, [] { Table table({}); }, {"needs a column"});
}

}  // namespace
}  // namespace espalier
