#include "espalier/base/value.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"

namespace espalier {
namespace {

using support::expect_error;

TEST(Value, SetsAndFinds) {
  Value v;
  v.set("a", 1).set("b", "x").set("a", 2);
  ASSERT_NE(v.find("a"), nullptr);
  EXPECT_EQ(*v.find("a")->as_int(), 2);
  EXPECT_EQ(v.as_object()->size(), 2U);
  EXPECT_EQ(v.find("c"), nullptr);
  EXPECT_EQ(Value(3).find("a"), nullptr);
  expect_error([] { Value(3).set("a", 1); }, {"integer 3"});
}

TEST(Value, PlacesDoNotCountInComparisons) {
  EXPECT_EQ(Value(1).at("a:1"), Value(1).at("a:2"));
  EXPECT_FALSE(Value(1) == Value(1.0));
}

TEST(Value, SetsPaths) {
  Value v;
  v.set_path("method[0].rank", 4);
  v.set_path("method[0].alpha", 1.5);
  v.set_path("method[1].kind", "ia3");
  v.set_path("train.epochs", 3);
  v.set_path("grid[0][0]", true);
  v.set_path("train.epochs", 4);
  EXPECT_EQ(v.text(), "{ method = [{ rank = 4, alpha = 1.5 }, { kind = \"ia3\" }], train = { epochs = 4 }, grid = [[true]] }");
}

TEST(Value, SetsKeysThatHoldDotsAndBracketsInQuotes) {
  Value v;
  v.set_path("sweep.grid.\"method[0].rank\"", Value::Array{4, 8});
  v.set_path("\"a.b\"[0].c", 1);
  EXPECT_EQ(v.text(), "{ sweep = { grid = { \"method[0].rank\" = [4, 8] } }, \"a.b\" = [{ c = 1 }] }");
}

TEST(Value, RefusesPathsThroughScalarsAndPastTheEnd) {
  Value v;
  v.set_path("method[0].rank", 4);
  const auto set = [&](const char* path) { return [&v, path] { v.set_path(path, Value(1).at("--set " + std::string(path))); }; };
  expect_error(ErrorKind::usage, set("method[0].rank.x"),
               {"--set method[0].rank.x: ", "method[0].rank is integer 4, not a table"});
  expect_error(ErrorKind::usage, set("method.x"), {"method is a list of 1, not a table", "try: method[0].x is of the first"});
  expect_error(ErrorKind::usage, set("method[0][0]"), {"method[0] is a table, not a list"});
  expect_error(ErrorKind::usage, set("method[2].rank"), {"method has 1 elements", "method[1]"});
  for (const char* path :
       {"", ".", "a.", "a..b", "[0]", "a[", "a[x]", "a[-1]", "a[0]b", "a[99999999999999999999]", "\"a", "\"a\"b"}) {
    SCOPED_TRACE(path);
    expect_error(ErrorKind::usage, set(path), {"is broken at character"});
  }
}

TEST(Value, Describes) {
  EXPECT_EQ(Value().describe(), "nothing");
  EXPECT_EQ(Value(true).describe(), "true");
  EXPECT_EQ(Value(0).describe(), "integer 0");
  EXPECT_EQ(Value(0.5).describe(), "number 0.5");
  EXPECT_EQ(Value("a\nb").describe(), "text \"a\\x0ab\"");
  EXPECT_EQ(Value(Value::Array{}).describe(), "an empty list");
  EXPECT_EQ(Value(Value::Array{1, 2}).describe(), "a list of 2");
  EXPECT_EQ(Value(Value::Object{}).describe(), "a table");
  EXPECT_EQ(Value(Value::Object{{"a b", 1}}).text(), "{ \"a b\" = 1 }");
}

}  // namespace
}  // namespace espalier
