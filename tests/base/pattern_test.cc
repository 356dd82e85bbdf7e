#include "espalier/base/pattern.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"

namespace espalier {
namespace {

using support::expect_error;

std::vector<std::string> encoder(int64_t blocks) {
  std::vector<std::string> paths = {"embed", "embed.token", "pooler", "head.main.dense", "head.main.out"};
  for (int64_t i = 0; i < blocks; ++i) {
    const std::string block = fmt::format("encoder.{}", i);
    for (const char* part : {"", ".attention", ".attention.query", ".attention.value", ".ffn.up", ".ffn.down"}) {
      paths.push_back(block + part);
    }
  }
  for (const char* part : {"down", "up"}) paths.push_back(fmt::format("lora/encoder.0.attention.query.{}", part));
  return paths;
}

std::vector<std::string> chosen(const std::string& pattern, const std::vector<std::string>& paths) {
  std::vector<std::string> out;
  for (const size_t i : Pattern(pattern).select(paths)) out.push_back(paths[i]);
  return out;
}

bool matches(const std::string& pattern, const std::string& path) { return Pattern(pattern).matches(path); }

TEST(Pattern, APlainPathMatchesItselfOnly) {
  for (const std::string& path : encoder(2)) EXPECT_EQ(chosen(path, encoder(2)), std::vector<std::string>{path});
  EXPECT_FALSE(matches("encoder.0", "encoder.0.ffn"));
  EXPECT_FALSE(matches("encoder.0.ffn", "encoder.0"));
  EXPECT_FALSE(matches("encoder.1", "encoder.10"));
  EXPECT_FALSE(matches("encoder", "encoder2"));
}

TEST(Pattern, AStarIsOnePartOrAPieceOfOne) {
  EXPECT_TRUE(matches("encoder.*.ffn.up", "encoder.11.ffn.up"));
  EXPECT_FALSE(matches("encoder.*.up", "encoder.11.ffn.up"));
  EXPECT_FALSE(matches("encoder.*", "encoder"));
  EXPECT_TRUE(matches("*.qu*y", "encoder.query"));
  EXPECT_TRUE(matches("*a*b*", "xxaxxbxx"));
  EXPECT_FALSE(matches("*a*b", "xxaxxbxx"));
  EXPECT_FALSE(matches("*", "a.b"));
  EXPECT_FALSE(matches("*", "a/b"));
}

TEST(Pattern, TwoStarsAreAnyNumberOfParts) {
  EXPECT_TRUE(matches("**", "encoder.0.attention"));
  EXPECT_TRUE(matches("**.query", "query"));
  EXPECT_TRUE(matches("**.query", "encoder.0.attention.query"));
  EXPECT_FALSE(matches("**.query", "encoder.0.attention.query.weight"));
  EXPECT_TRUE(matches("encoder.**", "encoder.0.ffn.up"));
  EXPECT_TRUE(matches("encoder.**", "encoder"));
  EXPECT_TRUE(matches("**.attention.**", "encoder.0.attention.query.weight"));
  EXPECT_TRUE(matches("a.**.b.**.c", "a.b.b.x.b.c"));
  EXPECT_FALSE(matches("a.**.b.**.c", "a.x.c.b"));
  EXPECT_TRUE(matches("**.**.a", "a"));
  EXPECT_EQ(chosen("**.attention.{query,value}", encoder(2)),
            (std::vector<std::string>{"encoder.0.attention.query", "encoder.0.attention.value", "encoder.1.attention.query",
                                      "encoder.1.attention.value"}));
}

TEST(Pattern, NothingCrossesASlash) {
  EXPECT_FALSE(matches("**.down", "lora/encoder.0.down"));
  EXPECT_FALSE(matches("**", "lora/encoder.0.down"));
  EXPECT_FALSE(matches("*.0.down", "lora/encoder.0.down"));
  EXPECT_FALSE(matches("lora.**", "lora/encoder.0.down"));
  EXPECT_TRUE(matches("lora/**.down", "lora/encoder.0.down"));
  EXPECT_TRUE(matches("lora/**.down", "lora/down"));
  EXPECT_FALSE(matches("lora/**.down", "lora.down"));
  EXPECT_TRUE(matches("*/**", "lora/encoder.0.down"));
  EXPECT_TRUE(matches("**/**", "lora/encoder.0.down"));
  EXPECT_FALSE(matches("lora/**", "lora"));
  EXPECT_FALSE(matches("lora/**.down", "mask/lora/encoder.0.down"));
  EXPECT_TRUE(matches("mask/lora/**.down", "mask/lora/encoder.0.down"));
  EXPECT_TRUE(matches("**.a/**.b", "x.a.a/y.b.b"));
  EXPECT_FALSE(matches("**.a/**.b", "x.a/y.b.c"));
  EXPECT_TRUE(matches("adapter/**.{down,up}.weight", "adapter/encoder.0.ffn.drop.down.weight"));
  EXPECT_TRUE(matches("adapter/**.{down,up}.weight", "adapter/encoder.0.ffn.drop.up.weight"));
  EXPECT_FALSE(matches("adapter/**.{down,up}.weight", "adapter/encoder.0.ffn.drop.up.bias"));
  EXPECT_EQ(chosen("**.down", encoder(1)), std::vector<std::string>{"encoder.0.ffn.down"});
}

TEST(Pattern, Braces) {
  EXPECT_TRUE(matches("{encoder,decoder}.0", "decoder.0"));
  EXPECT_TRUE(matches("{attention.{query,value}, ffn.up}", "attention.value"));
  EXPECT_TRUE(matches("{attention.{query,value}, ffn.up}", "ffn.up"));
  EXPECT_FALSE(matches("{attention.{query,value}, ffn.up}", "attention.up"));
  EXPECT_TRUE(matches("x.{a,b}c{d,e}", "x.bce"));
  EXPECT_TRUE(matches("{lora/**,**}.down", "lora/encoder.down"));
  EXPECT_TRUE(matches("{one}", "one"));
}

TEST(Pattern, Alternatives) {
  for (const char* text : {"encoder.*.attention.query, pooler", "encoder.*.attention.query|pooler"}) {
    EXPECT_TRUE(matches(text, "pooler"));
    EXPECT_TRUE(matches(text, "encoder.3.attention.query"));
    EXPECT_FALSE(matches(text, "embed"));
  }
  // a path that two alternatives match is chosen once
  EXPECT_EQ(chosen("pooler,pooler,po*", encoder(1)), std::vector<std::string>{"pooler"});
}

TEST(Pattern, Indices) {
  const auto numbers = [](const std::string& index, int64_t blocks = 12) {
    std::string out;
    for (const std::string& path : chosen("encoder." + index, encoder(blocks))) out += path.substr(8) + " ";
    return out;
  };
  EXPECT_EQ(numbers("[3]"), "3 ");
  EXPECT_EQ(numbers("[0-2]"), "0 1 2 ");
  EXPECT_EQ(numbers("[9:]"), "9 10 11 ");
  EXPECT_EQ(numbers("[:3]"), "0 1 2 ");
  EXPECT_EQ(numbers("[2:4]"), "2 3 ");
  EXPECT_EQ(numbers("[-4:]"), "8 9 10 11 ");
  EXPECT_EQ(numbers("[-1]"), "11 ");
  EXPECT_EQ(numbers("[:-10]"), "0 1 ");
  EXPECT_EQ(numbers("[-4:-2]"), "8 9 ");
  EXPECT_EQ(numbers("[-4:]", 2), "0 1 ");
  EXPECT_EQ(numbers("[:]", 2), "0 1 ");
  EXPECT_EQ(numbers("[12]"), "");
  EXPECT_EQ(numbers("[0,2,10-11]"), "0 2 10 11 ");
  EXPECT_EQ(numbers("{[0],[-1]}"), "0 11 ");
  EXPECT_FALSE(matches("encoder.[0-5]", "encoder.query"));
}

TEST(Pattern, NegativeIndicesCountUnderTheirOwnPrefix) {
  const std::vector<std::string> paths = {"encoder.0", "encoder.1", "decoder.0", "decoder.1", "decoder.2", "lora/encoder.0"};
  EXPECT_EQ(chosen("*.[-1]", paths), (std::vector<std::string>{"encoder.1", "decoder.2"}));
  EXPECT_EQ(chosen("lora/encoder.[-1]", paths), std::vector<std::string>{"lora/encoder.0"});
  EXPECT_EQ(chosen("[-1].x", std::vector<std::string>{"0.x", "1.x"}), std::vector<std::string>{"1.x"});
  std::string asked;
  const auto siblings = [&](std::string_view prefix) {
    asked = prefix;
    return int64_t{6};
  };
  EXPECT_TRUE(Pattern("lora/encoder.[-1].ffn").matches("lora/encoder.5.ffn", siblings));
  EXPECT_EQ(asked, "lora/encoder");
  expect_error(ErrorKind::bug, [] { matches("encoder.[-1]", "encoder.1"); }, {"counts from the end"});
}

TEST(Pattern, BrokenOnesPointAtTheCharacter) {
  const struct {
    const char *text, *message;
  } cases[] = {{"encoder.{a,b", "broken at character 9: '{' has no closing '}'"},
               {"encoder.a}", "broken at character 10: '}' has no opening '{'"},
               {"{a,{b}", "broken at character 1: '{' has no closing '}'"},
               {"encoder.[0-5", "broken at character 9: '[' has no closing ']'"},
               {"encoder.[0.x]", "broken at character 9: '[' has no closing ']'"},
               {"encoder.0]", "broken at character 10: ']' has no opening '['"},
               {"encoder.[a]", "broken at character 9: 'a' is no index"},
               {"encoder.[]", "'' is no index"},
               {"encoder.[1:2:3]", "is no index"},
               {"encoder.[5-2]", "the range 5-2 is empty"},
               {"encoder.[-4-1]", "write [-4:]"},
               {"encoder.[99999999999]", "is no index"},
               {"encoder[0-5].ffn", "broken at character 8: an index in brackets is a part of its own"},
               {"a..b", "broken at character 3: an empty part"},
               {".a", "broken at character 1: an empty part"},
               {"a.", "an empty part"},
               {"lora/", "an empty part"},
               {"a.{b,}", "an empty choice inside braces"},
               {"a.{}", "an empty choice inside braces"},
               {"a,,b", "an empty alternative"},
               {"a,", "an empty alternative"},
               {"{a|b}", "'|' inside braces; use ','"},
               {"a.x**", "broken at character 3: '**' stands for whole parts"},
               {"***", "'**' stands for whole parts"},
               {"encoder pooler", "broken at character 8: a space inside a path"},
               {"", "the pattern is empty"},
               {"  ", "the pattern is empty"}};
  for (const auto& one : cases) {
    SCOPED_TRACE(one.text);
    expect_error(ErrorKind::usage, [&] { Pattern pattern(one.text); }, {one.message});
  }
}

TEST(Pattern, ManyAlternativesAreRefused) {
  std::string text = "x";
  for (int i = 0; i < 40; ++i) text += ".{a,b}";
  expect_error(ErrorKind::usage, [&] { Pattern pattern(text); }, {"more than 4096 alternatives"});
}

TEST(Pattern, ManyStarsStayFast) {
  std::string text = "**", path = "a";
  for (int i = 0; i < 60; ++i) {
    text += ".**.a";
    path += ".a";
  }
  EXPECT_FALSE(matches(text + ".b", path + path));
}

TEST(Pattern, CopiesAndMoves) {
  Pattern first("a.*");
  Pattern second = first;
  first = Pattern("b");
  EXPECT_TRUE(second.matches("a.x"));
  EXPECT_TRUE(first.matches("b"));
  EXPECT_EQ(second.text(), "a.*");
}

}  // namespace
}  // namespace espalier
