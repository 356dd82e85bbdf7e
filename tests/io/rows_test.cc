#include "espalier/io/rows.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "espalier/io/json.h"
#include "tests/support/files.h"

namespace espalier {
namespace {

using support::expect_error;
using support::TemporaryFolder;
using Cells = std::vector<std::string>;

std::vector<Cells> all_rows(RowReader& reader) {
  std::vector<Cells> rows;
  for (Row row; reader.next(row);) rows.push_back(row.cells);
  return rows;
}

std::vector<int64_t> all_lines(RowReader& reader) {
  std::vector<int64_t> lines;
  for (Row row; reader.next(row);) lines.push_back(row.line);
  return lines;
}

// A folder with one file, opened.
struct Opened {
  Opened(const std::string& name, std::string_view bytes, const RowOptions& options = {})
      : reader(open_rows(folder.write(name, bytes).string(), options)) {}
  TemporaryFolder folder;
  std::unique_ptr<RowReader> reader;
};

RowOptions without_header() {
  RowOptions options;
  options.header = false;
  return options;
}

TEST(Rows, TsvTakesQuotesAsTheyAre) {
  Opened file("x.tsv", "a\tb\n\"1\t2\"\"\n say \"hi\" \t,\n");
  EXPECT_EQ(file.reader->columns(), (Cells{"a", "b"}));
  EXPECT_EQ(all_rows(*file.reader), (std::vector<Cells>{{"\"1", "2\"\""}, {" say \"hi\" ", ","}}));
  EXPECT_EQ(file.reader->rows(), 2);
  EXPECT_EQ(file.reader->lines(), 3);
  EXPECT_EQ(file.reader->format(), "tsv");
}

TEST(Rows, QuotesCanBeSwitched) {
  RowOptions quoted, unquoted;
  quoted.quote = true;
  unquoted.quote = false;
  EXPECT_EQ(all_rows(*Opened("x.tsv", "a\tb\n\"1\t2\"\t3\n", quoted).reader), (std::vector<Cells>{{"1\t2", "3"}}));
  EXPECT_EQ(all_rows(*Opened("x.csv", "a,b\n\"1,2\"\n", unquoted).reader), (std::vector<Cells>{{"\"1", "2\""}}));
}

TEST(Rows, BomAndLineEnds) {
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    for (const char* name : {"x.tsv", "x.csv"}) {
      const char separator = std::string(name) == "x.tsv" ? '\t' : ',';
      const std::string text =
          "\xEF\xBB\xBF" + std::string("a") + separator + "b" + end + "1" + separator + "2" + end + end + "3" + separator + "4";
      Opened file(name, text);
      EXPECT_EQ(file.reader->columns(), (Cells{"a", "b"}));
      EXPECT_EQ(all_rows(*file.reader), (std::vector<Cells>{{"1", "2"}, {"3", "4"}}));
      EXPECT_EQ(file.reader->lines(), 4);
      EXPECT_EQ(file.reader->blank(), 1);
    }
  }
}

TEST(Rows, LineEndsAcrossBlocks) {
  // The reader takes blocks of 64 KiB: put a CRLF, and a three-byte character, astride their border.
  for (const size_t before : {65533, 65534, 65535, 65536}) {
    Opened crlf("x.txt", std::string(before, 'x') + "\r\ny\r\n");
    EXPECT_EQ(all_rows(*crlf.reader), (std::vector<Cells>{{std::string(before, 'x')}, {"y"}}));
    Opened wide("x.txt", std::string(before, 'x') + "\xE6\x97\xA5\ny");
    EXPECT_EQ(all_rows(*wide.reader), (std::vector<Cells>{{std::string(before, 'x') + "\xE6\x97\xA5"}, {"y"}}));
    EXPECT_EQ(wide.reader->repaired(), 0);
  }
}

TEST(Rows, LinesAreThoseOfTheFile) {
  Opened file("x.csv", "\na,b\n1,\"two\nlines\"\n\n3,4\n");
  EXPECT_EQ(all_lines(*file.reader), (std::vector<int64_t>{3, 6}));
  EXPECT_EQ(file.reader->rows(), 2);
  EXPECT_EQ(file.reader->lines(), 6);
  EXPECT_EQ(file.reader->blank(), 2);
}

TEST(Rows, ABlankLineIsARowWhereThereIsOneColumn) {
  EXPECT_EQ(all_rows(*Opened("x.tsv", "text\na\n\nb\n").reader), (std::vector<Cells>{{"a"}, {""}, {"b"}}));
  EXPECT_EQ(all_rows(*Opened("x.csv", "text\n\na\n").reader), (std::vector<Cells>{{""}, {"a"}}));
}

TEST(Rows, ColumnsByNameOrNumber) {
  Opened file("x.csv", "text,1,,label\na,b,c,d\n");
  EXPECT_EQ(file.reader->columns(), (Cells{"text", "1", "2", "label"}));
  EXPECT_EQ(file.reader->column("label"), 3U);
  EXPECT_EQ(file.reader->column("0"), 0U);
  EXPECT_EQ(file.reader->column("1"), 1U);
  EXPECT_EQ(file.reader->column("3"), 3U);
  expect_error(ErrorKind::usage, [&] { file.reader->column("lable"); },
               {"x.csv", "no column 'lable'", "'label'", "the columns are text, 1, 2, label"});
  expect_error([&] { file.reader->column("4"); }, {"no column '4'"});
  expect_error([&] { file.reader->column("-1"); }, {"no column '-1'"});
  expect_error([&] { file.reader->column(""); }, {"no column ''"});
  Opened wrong("x.csv", "text;label\n");
  expect_error([&] { wrong.reader->column("text"); }, {"the only column is text;label", "the header holds ';'"});
}

TEST(Rows, NoHeader) {
  Opened file("x.tsv", "a\tb\nc\td\n", without_header());
  EXPECT_EQ(file.reader->columns(), (Cells{"0", "1"}));
  EXPECT_EQ(file.reader->column("1"), 1U);
  EXPECT_EQ(all_rows(*file.reader), (std::vector<Cells>{{"a", "b"}, {"c", "d"}}));
}

TEST(Rows, RaggedRows) {
  RowOptions options = without_header();
  options.columns = 2;
  options.drop_extra_cells = options.skip_short_rows = true;
  Opened file("x.tsv", "a\n1\t2\t3\n4\t5\n6\n", options);
  EXPECT_EQ(all_rows(*file.reader), (std::vector<Cells>{{"1", "2"}, {"4", "5"}}));
  EXPECT_EQ(file.reader->short_rows(), 2);
}

TEST(Rows, InvalidUtf8IsRepairedAndCounted) {
  Opened file("x.tsv", "a\tb\n\xFFx\t\xE6\x97\n\xC3\xA9\tok\n");
  EXPECT_EQ(all_rows(*file.reader), (std::vector<Cells>{{"\xEF\xBF\xBDx", "\xEF\xBF\xBD"}, {"\xC3\xA9", "ok"}}));
  EXPECT_EQ(file.reader->repaired(), 2);
}

TEST(Rows, JsonLines) {
  Opened file("x.jsonl",
              "{\"text\":\"a\\tb\",\"label\":1,\"id\":null}\n\n{\"label\":[\"p\",\"q\"],\"extra\":0}\r\n{\"text\":true,\"label\":"
              "{\"k\":1.5}}");
  EXPECT_EQ(file.reader->columns(), (Cells{"text", "label", "id"}));
  Row row;
  ASSERT_TRUE(file.reader->next(row));
  EXPECT_EQ(row.cells, (Cells{"a\tb", "1", ""}));
  EXPECT_EQ(row.kinds, (std::vector<CellKind>{CellKind::text, CellKind::number, CellKind::missing}));
  EXPECT_TRUE(row.missing(2));
  ASSERT_TRUE(file.reader->next(row));
  EXPECT_EQ(row.line, 3);
  EXPECT_EQ(row.cells, (Cells{"", "[\"p\",\"q\"]", ""}));
  EXPECT_TRUE(row.missing(0));
  EXPECT_EQ((*row.json)["label"][1], "q");
  ASSERT_TRUE(file.reader->next(row));
  EXPECT_EQ(row.kinds, (std::vector<CellKind>{CellKind::boolean, CellKind::object, CellKind::missing}));
  EXPECT_EQ(row.cells, (Cells{"true", "{\"k\":1.5}", ""}));
  EXPECT_FALSE(file.reader->next(row));
  EXPECT_EQ(file.reader->rows(), 3);
  EXPECT_EQ(file.reader->blank(), 1);
}

TEST(Rows, PlainLines) {
  Opened file("x.txt", "one, \"two\"\t\n\nthree");
  EXPECT_EQ(file.reader->columns(), Cells{"text"});
  EXPECT_EQ(all_rows(*file.reader), (std::vector<Cells>{{"one, \"two\"\t"}, {""}, {"three"}}));
}

TEST(Rows, ARowIsReusedAcrossFormats) {
  Row row;
  ASSERT_TRUE(Opened("x.jsonl", "{\"a\":1,\"b\":2}").reader->next(row));
  ASSERT_TRUE(Opened("x.txt", "line").reader->next(row));
  EXPECT_EQ(row.cells, Cells{"line"});
  EXPECT_EQ(row.kinds, std::vector<CellKind>{CellKind::text});
  EXPECT_EQ(row.json, nullptr);
}

// Standard input replaced by a pipe while the object lives.
class Piped {
 public:
  Piped() {
    EXPECT_EQ(::pipe(ends_), 0);
    saved_ = ::dup(STDIN_FILENO);
    ::dup2(ends_[0], STDIN_FILENO);
  }
  ~Piped() {
    finish();
    ::dup2(saved_, STDIN_FILENO);
    ::close(saved_);
    ::close(ends_[0]);
  }
  void send(std::string_view text) { EXPECT_EQ(::write(ends_[1], text.data(), text.size()), ssize_t(text.size())); }
  void finish() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  int ends_[2] = {-1, -1}, saved_ = -1;
};

TEST(Rows, StandardInputComesLineByLine) {
  Piped pipe;
  const auto reader = open_rows("-");
  Row row;
  pipe.send("one\ntw");
  ASSERT_TRUE(reader->next(row));  // would wait for ever if the reader wanted more than a line
  EXPECT_EQ(row.cells, Cells{"one"});
  pipe.send("o\n");
  ASSERT_TRUE(reader->next(row));
  EXPECT_EQ(row.cells, Cells{"two"});
  pipe.finish();
  EXPECT_FALSE(reader->next(row));
  EXPECT_EQ(reader->place(2), "standard input:2");
}

TEST(Rows, StandardInputInAnotherFormat) {
  Piped pipe;
  pipe.send("a,b\n1,\"2\"\n");
  pipe.finish();
  RowOptions options;
  options.format = "csv";
  EXPECT_EQ(all_rows(*open_rows("-", options)), (std::vector<Cells>{{"1", "2"}}));
}

TEST(Rows, CellsForWriting) {
  EXPECT_EQ(csv_cell("plain text"), "plain text");
  EXPECT_EQ(csv_cell(""), "");
  EXPECT_EQ(csv_cell("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_cell("a,b", ';'), "a,b");
  EXPECT_EQ(csv_cell("say \"hi\""), "\"say \"\"hi\"\"\"");
  EXPECT_EQ(csv_cell("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(csv_cell(" edge"), "\" edge\"");
  EXPECT_EQ(tsv_cell("a\tb\r\nc\rd"), "a b c d");
}

TEST(Rows, WrittenCsvReadsBack) {
  const Cells cells{"a,b", "\"", "\r\n", "\r", " x ", "", "\xE6\x97\xA5", "\"\"\n,"};
  std::string text = "0,1,2,3,4,5,6,7\n";
  for (size_t i = 0; i < cells.size(); ++i) text += (i > 0 ? "," : "") + csv_cell(cells[i]);
  EXPECT_EQ(all_rows(*Opened("x.csv", text + "\n").reader), std::vector<Cells>{cells});
}

// Python's csv module, on files that are hard to read.
TEST(Rows, CsvAsPythonReadsIt) {
  int files = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(ESPALIER_TESTS_DIR) / "oracle/csv")) {
    if (entry.path().extension() != ".csv") continue;
    fs::path sidecar = entry.path();
    const nlohmann::json expected = read_json(sidecar.replace_extension(".json"));
    RowOptions options = without_header();
    options.separator = expected["separator"].get<std::string>()[0];
    const auto reader = open_rows(entry.path().string(), options);
    EXPECT_EQ(nlohmann::json(all_rows(*reader)), expected["rows"]) << entry.path();
    ++files;
  }
  EXPECT_GT(files, 20);
}

}  // namespace
}  // namespace espalier
