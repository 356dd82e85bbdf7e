#include "espalier/base/text.h"

#include <gtest/gtest.h>

#include <limits>

namespace espalier {
namespace {

using Texts = std::vector<std::string>;

TEST(Text, SplitKeepsEmptyParts) {
  EXPECT_EQ(split("", ','), Texts{""});
  EXPECT_EQ(split("a,,b,", ','), (Texts{"a", "", "b", ""}));
  EXPECT_EQ(join(Texts{"a", "", "b"}, ", "), "a, , b");
  EXPECT_EQ(join(Texts{}, ","), "");
}

TEST(Text, TrimAndReplace) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim("  "), "");
  EXPECT_EQ(replace_all("aaa", "a", "aa"), "aaaaaa");
  EXPECT_EQ(replace_all("abc", "", "x"), "abc");
  EXPECT_EQ(lower_ascii("ÄBC"), "Äbc");  // bytes above ASCII stay
}

TEST(Text, ParseInt) {
  EXPECT_EQ(parse_int("-12"), -12);
  EXPECT_EQ(parse_int("+5"), 5);
  EXPECT_EQ(parse_int("9223372036854775807"), std::numeric_limits<int64_t>::max());
  for (const char* bad : {"", " 1", "1 ", "1.0", "0x10", "9223372036854775808", "+-1", "--1", "one"}) {
    EXPECT_FALSE(parse_int(bad)) << bad;
  }
}

TEST(Text, ParseDouble) {
  EXPECT_EQ(parse_double("5e-4"), 5e-4);
  EXPECT_EQ(parse_double("+.5"), 0.5);
  EXPECT_EQ(parse_double("-3"), -3.0);
  for (const char* bad : {"", "inf", "nan", "-inf", "0x1p3", "1,5", "1e999", " 1", "1e", "+-1"}) {
    EXPECT_FALSE(parse_double(bad)) << bad;
  }
}

TEST(Text, NumbersForPeople) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1832000), "1,832,000");
  EXPECT_EQ(with_commas(-123456), "-123,456");
  EXPECT_EQ(with_commas(std::numeric_limits<int64_t>::min()), "-9,223,372,036,854,775,808");
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_bytes(23040000), "23.0 MB");
  EXPECT_EQ(human_bytes(999'960), "1.0 MB");
  EXPECT_EQ(human_bytes(std::numeric_limits<int64_t>::max()), "9.2 EB");
  EXPECT_EQ(human_seconds(0.31), "0.31 s");
  EXPECT_EQ(human_seconds(12.34), "12.3 s");
  EXPECT_EQ(human_seconds(59.96), "1m 0s");
  EXPECT_EQ(human_seconds(75.2), "1m 15s");
  EXPECT_EQ(human_seconds(7300), "2h 1m");
  EXPECT_EQ(human_seconds(std::numeric_limits<double>::infinity()), "unknown");
  EXPECT_EQ(percent(0.0123), "1.23 %");
  EXPECT_EQ(percent(0.42), "42.0 %");
  EXPECT_EQ(percent(0.00012), "0.012 %");
  EXPECT_EQ(percent(0), "0 %");
  EXPECT_EQ(percent(1), "100.0 %");
  EXPECT_EQ(shape_text(std::vector<int64_t>{2, 3}), "[2, 3]");
  EXPECT_EQ(shape_text(std::vector<int64_t>{}), "[]");
}

TEST(Text, NearestWord) {
  const Texts names = {"rank", "alpha", "dropout"};
  EXPECT_EQ(nearest("rnk", names), "rank");
  EXPECT_EQ(nearest("Rank", names), "rank");
  EXPECT_EQ(nearest("drop_out", names), "dropout");
  EXPECT_FALSE(nearest("optimizer", names));
  EXPECT_FALSE(nearest("", names));
  EXPECT_FALSE(nearest("xy", Texts{"ab"}));  // nothing in common
  EXPECT_EQ(did_you_mean("rnk", names), " (did you mean 'rank'?)");
  EXPECT_EQ(did_you_mean("zzzzzz", names), "");
}

// Expected texts: Python 3.11, bytes.decode("utf8", "replace").
TEST(Utf8, RepairsOneForEachMaximalInvalidSubpart) {
  const struct {
    std::string bytes, repaired;
    int64_t replaced;
  } cases[] = {{"h\xC3\xA9llo \xE2\x82\xAC \xF0\x9F\x98\x80", "h\xC3\xA9llo \xE2\x82\xAC \xF0\x9F\x98\x80", 0},
               {"\xF0\x80\x80\x41", "\uFFFD\uFFFD\uFFFDA", 3},
               {"\xE2\x82", "\uFFFD", 1},
               {"\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD", 3},            // a surrogate
               {"\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD", 4},  // above U+10FFFF
               {"a\xFF"
                "b\xC0\xAF",
                "a\uFFFDb\uFFFD\uFFFD", 3},
               {"\xF0\x9F\x98", "\uFFFD", 1},
               {"\xC3\x28\xE2\x82\xAC", "\uFFFD(\u20AC", 1}};
  for (const auto& one : cases) {
    int64_t replaced = -1;
    EXPECT_EQ(repair_utf8(one.bytes, &replaced), one.repaired);
    EXPECT_EQ(replaced, one.replaced) << one.repaired;
    EXPECT_EQ(valid_utf8(one.bytes), one.replaced == 0);
    EXPECT_TRUE(valid_utf8(repair_utf8(one.bytes)));
  }
}

TEST(Utf8, PrintableEscapesAndShortens) {
  EXPECT_EQ(printable("a\nb\x1B[0m"), "a\\x0ab\\x1b[0m");
  EXPECT_EQ(printable(std::string("\0\xFF", 2)), "\\x00\\xff");
  EXPECT_EQ(printable("caf\xC3\xA9"), "caf\xC3\xA9");
  EXPECT_EQ(printable("abcdef", 4), "abcd...");
  EXPECT_EQ(printable("abc\xC3\xA9", 4), "abc...");  // no character is cut in two
}

TEST(Utf8, DisplayWidth) {
  EXPECT_EQ(display_width("abc"), 3);
  EXPECT_EQ(display_width("日本"), 4);
  EXPECT_EQ(display_width("e\u0301"), 1);
  EXPECT_EQ(display_width("é"), 1);
}

}  // namespace
}  // namespace espalier
