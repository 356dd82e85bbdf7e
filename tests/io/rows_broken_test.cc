// Tables that cannot be read: each with its own sentence, with file and line.
#include <gtest/gtest.h>

#include "espalier/io/rows.h"
#include "tests/support/files.h"

namespace espalier {
namespace {

using support::expect_error;
using support::TemporaryFolder;

void broken(const std::string& name, std::string_view bytes, std::initializer_list<std::string_view> pieces,
            const RowOptions& options = {}) {
  const TemporaryFolder folder;
  const std::string path = folder.write(name, bytes).string();
  const std::string text = expect_error(
      ErrorKind::data,
      [&] {
        const auto reader = open_rows(path, options);
        for (Row row; reader->next(row);) {
        }
      },
      pieces);
  EXPECT_NE(text.find(path), std::string::npos) << text;
}

TEST(RowsBroken, MissingAndEmpty) {
  expect_error(ErrorKind::data, [] { open_rows("no/such.tsv"); }, {"no/such.tsv", "cannot be opened", "No such file"});
  const TemporaryFolder folder;
  fs::create_directory(folder / "x.tsv");
  expect_error(ErrorKind::data, [&] { open_rows((folder / "x.tsv").string()); }, {"x.tsv", "cannot be read", "directory"});
  for (const char* name : {"x.tsv", "x.csv", "x.jsonl", "x.txt"}) broken(name, "", {"empty"});
  for (const char* name : {"x.tsv", "x.csv", "x.jsonl"}) broken(name, "\n\r\n\n", {"the file is empty"});
  broken("x.csv", "\xEF\xBB\xBF", {"the file is empty"});
}

TEST(RowsBroken, FilesOfAnotherKind) {
  broken("x.csv", std::string_view("\xFF\xFE\x61\x00", 4), {"UTF-16", "iconv"});
  broken("x.csv", "\xFE\xFF", {"UTF-16"});
  broken("x.tsv", "\x1F\x8B\x08", {"gzip", "gunzip"});
  broken("x.csv", "PK\x03\x04", {"zip archive or a spreadsheet", "CSV"});
  expect_error(ErrorKind::usage, [] { open_rows("x.xlsx"); }, {"x.xlsx", "\".xlsx\" does not tell the format", ".csv"});
  expect_error(ErrorKind::usage, [] { open_rows("x.conll"); }, {"sentences, not rows"});
  RowOptions options;
  options.format = "cvs";
  expect_error(ErrorKind::usage, [&] { open_rows("x", options); }, {"format \"cvs\" is unknown", "'csv'"});
  options.format = "csv";
  options.separator = '"';
  const TemporaryFolder folder;
  expect_error(ErrorKind::usage, [&] { open_rows(folder.write("x", "a").string(), options); }, {"separator cannot be"});
}

TEST(RowsBroken, Header) {
  broken("x.csv", "\na,b,a,b,a\n", {"x.csv:2", "columns 0, 2, 4 are all named 'a'", "columns 1, 3 are all named 'b'"});
  RowOptions two;
  two.columns = 2;
  broken("x.csv", "a,b,c\n", {"x.csv:1", "the header has 3 columns; expected 2"}, two);
}

TEST(RowsBroken, NumberOfCells) {
  broken("x.tsv", "a\tb\n1\t2\n3\n", {"x.tsv:3", "the row has 1 cell; expected 2 (a, b)"});
  broken("x.tsv", "a\tb\n1\t2\t3\n", {"x.tsv:2", "the row has 3 cells; expected 2"});
  broken("x.csv", "a,b\n\"x\ny\",2\n1,2,3\n", {"x.csv:4", "the row has 3 cells", "must stand in quotes"});
  broken("x.tsv", "a\tb\n\"1\t2\"\t3\n", {"x.tsv:2", "the cells are quoted"});
  broken("x.csv", "a,b\n  \n", {"x.csv:2", "the row has 1 cell"});
}

TEST(RowsBroken, Quotes) {
  broken("x.csv", "a,b\n1,\"two\nlines\n", {"x.csv:2", "the quote that opens cell 2 is never closed"});
  broken("x.csv", "a,b\n\"1\n2\",\"3\n\n4", {"x.csv:3", "opens cell 2 is never closed"});
  broken("x.csv", "a,b\n1,\"two\" 2\n", {"x.csv:2", "after the closing quote of cell 2", "expected ','"});
  RowOptions options;
  options.max_row_bytes = 100;
  broken("x.csv", "a,b\n1,\"" + std::string(50, 'x') + "\n" + std::string(60, 'y') + "\n" + std::string(60, 'z') + "\n",
         {"x.csv:2", "the quoted cell 2 is longer than 100"}, options);
  broken("x.tsv", "a\n" + std::string(200'000, 'x'), {"x.tsv:2", "the line is longer than 100"}, options);
}

TEST(RowsBroken, JsonLines) {
  broken("x.jsonl", "{\"a\":1}\n\n{\"a\":\n", {"x.jsonl:3:", "not valid JSON"});
  broken("x.jsonl", "{\"a\":1}\n[1]\n", {"x.jsonl:2", "the line is a list of 1; expected an object"});
  broken("x.json", "\n[\n{\"a\":1}]", {"x.json:2", "JSON list; expected one object a line", "jq"});
  broken("x.jsonl", "7\n", {"x.jsonl:1", "the first line is integer 7; expected an object with keys"});
  broken("x.jsonl", "{}\n", {"x.jsonl:1", "the first line is an object; expected an object with keys"});
}

}  // namespace
}  // namespace espalier
