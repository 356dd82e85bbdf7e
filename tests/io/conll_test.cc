#include "espalier/io/conll.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"

namespace espalier {
namespace {

using support::expect_error;
using support::TemporaryFolder;
using Cells = std::vector<std::string>;

TEST(Conll, SentencesInColumns) {
  const TemporaryFolder folder;
  const fs::path path =
      folder.write("x.conll",
                   "-DOCSTART- -X- O O\n\nEU NNP B-ORG\nrejects  VBZ  O\r\n\n \nPeter NNP B-PER\n-DOCSTART- -X- O O\n"
                   "\xE6\x97\xA5 NN \xFF");
  ConllReader reader(path.string());
  EXPECT_EQ(reader.columns(), 3U);
  Sentence sentence;
  ASSERT_TRUE(reader.next(sentence));
  EXPECT_EQ(sentence.columns, (std::vector<Cells>{{"EU", "rejects"}, {"NNP", "VBZ"}, {"B-ORG", "O"}}));
  EXPECT_EQ(sentence.line, 3);
  EXPECT_EQ(sentence.size(), 2U);
  ASSERT_TRUE(reader.next(sentence));
  EXPECT_EQ(sentence.columns[0], Cells{"Peter"});
  EXPECT_EQ(sentence.line, 7);
  ASSERT_TRUE(reader.next(sentence));
  EXPECT_EQ(sentence.columns, (std::vector<Cells>{{"\xE6\x97\xA5"}, {"NN"}, {"\xEF\xBF\xBD"}}));
  EXPECT_FALSE(reader.next(sentence));
  EXPECT_EQ(reader.sentences(), 3);
  EXPECT_EQ(reader.lines(), 9);
  EXPECT_EQ(reader.repaired(), 1);
}

TEST(Conll, TabsKeepSpaces) {
  const TemporaryFolder folder;
  ConllReader reader(folder.write("x.conll", "New York\tB-LOC\nis\tO\n").string());
  Sentence sentence;
  ASSERT_TRUE(reader.next(sentence));
  EXPECT_EQ(sentence.columns, (std::vector<Cells>{{"New York", "is"}, {"B-LOC", "O"}}));
}

TEST(Conll, ColumnsByNumber) {
  const TemporaryFolder folder;
  const ConllReader reader(folder.write("x.conll", "a b c\n").string());
  EXPECT_EQ(reader.column("0"), 0U);
  EXPECT_EQ(reader.column("-1"), 2U);
  EXPECT_EQ(reader.column("-3"), 0U);
  for (const char* wrong : {"3", "-4", "label", ""}) {
    expect_error(ErrorKind::usage, [&] { reader.column(wrong); },
                 {"x.conll", "no column '", "the file has 3, 0 to 2", "-1 the last"});
  }
}

TEST(Conll, Broken) {
  const TemporaryFolder folder;
  expect_error(ErrorKind::data, [&] { ConllReader reader((folder / "absent").string()); }, {"absent", "cannot be opened"});
  expect_error([&] { ConllReader reader(folder.write("x", "").string()); }, {"no tokens"});
  expect_error([&] { ConllReader reader(folder.write("x", "\n-DOCSTART- O\n\n").string()); }, {"no tokens"});
  expect_error(ErrorKind::data, [&] { ConllReader reader(folder.write("x", "a b\nc\n").string()); },
               {"x:2", "the token has 1 column; expected 2"});
  ConllReader reader(folder.write("x", "a b\n\nc d e\n").string());
  Sentence sentence;
  ASSERT_TRUE(reader.next(sentence));
  expect_error([&] { reader.next(sentence); }, {"x:3", "the token has 3 columns"});
}

}  // namespace
}  // namespace espalier
