#include "espalier/base/error.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"

namespace espalier {
namespace {

using support::expect_error;

TEST(Error, ReadsPlaceMessageHint) {
  const Error error = usage_error("rank = {}", 0).at("a.toml:3").hint("use 8");
  EXPECT_STREQ(error.what(), "a.toml:3: rank = 0\n  try: use 8");
  EXPECT_EQ(error.message(), "rank = 0");
  EXPECT_EQ(error.place(), "a.toml:3");
  EXPECT_EQ(error.hint(), "use 8");
}

TEST(Error, ExitCodeIsTwoForUsageOnly) {
  EXPECT_EQ(usage_error("x").exit_code(), 2);
  EXPECT_EQ(data_error("x").exit_code(), 1);
  EXPECT_EQ(numeric_error("x").exit_code(), 1);
  EXPECT_EQ(unsupported_error("x").exit_code(), 1);
  EXPECT_EQ(bug_error("x").exit_code(), 1);
}

TEST(Problems, NoneThrowsNothing) { EXPECT_NO_THROW(Problems().raise(ErrorKind::data, "x")); }

TEST(Problems, OneIsThrownAsItself) {
  Problems problems;
  problems.add("a.tsv:8", "two columns; expected three", "add a label");
  try {
    problems.raise(ErrorKind::data, "the file is broken");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    EXPECT_STREQ(error.what(), "a.tsv:8: two columns; expected three\n  try: add a label");
  }
}

TEST(Problems, SeveralAreSortedByPlaceWithNumbersAsNumbers) {
  Problems problems;
  for (const char* place : {"a.toml:14", "b.toml:1", "a.toml:9", "a.toml:100"}) problems.add(place, "wrong");
  const std::string text = expect_error([&] { problems.raise(ErrorKind::usage, "headline"); }, {"headline (4 problems):"});
  EXPECT_EQ(text, "headline (4 problems):\n  a.toml:9: wrong\n  a.toml:14: wrong\n  a.toml:100: wrong\n  b.toml:1: wrong");
}

TEST(Problems, TheFirstTwentyAreShown) {
  Problems problems;
  for (int i = 0; i < 25; ++i) problems.add(fmt::format("f:{}", i), "wrong");
  const std::string text = expect_error([&] { problems.raise(ErrorKind::usage, "h"); }, {"f:19: wrong", "and 5 more"});
  EXPECT_EQ(text.find("f:20"), std::string::npos);
}

}  // namespace
}  // namespace espalier
