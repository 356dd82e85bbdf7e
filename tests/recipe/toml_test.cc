#include "espalier/recipe/toml.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"

namespace espalier {
namespace {

using support::expect_error;

TEST(Toml, ValuesKnowTheirPlaces) {
  const Value value =
      parse_toml("seed = 3\n\n[train]\nepochs = 2\noptimizer = { kind = \"adamw\" }\n[[method]]\nkind = \"lora\"\n", "a.toml");
  EXPECT_EQ(value.find("seed")->place(), "a.toml:1");
  EXPECT_EQ(*value.find("seed")->as_int(), 3);
  EXPECT_EQ(value.find("train")->find("epochs")->place(), "a.toml:4");
  EXPECT_EQ(value.find("train")->find("optimizer")->find("kind")->place(), "a.toml:5");
  EXPECT_EQ((*value.find("method")->as_array())[0].find("kind")->place(), "a.toml:7");
  EXPECT_EQ(value.as_object()->at(0).first, "seed");  // the order of the file, not of the alphabet
  EXPECT_EQ(value.as_object()->at(1).first, "train");
}

TEST(Toml, SyntaxErrorsNameLineAndColumn) {
  expect_error(ErrorKind::usage, [] { parse_toml("seed = 1\nrate = = 2\n", "a.toml"); }, {"a.toml:2:8", "no TOML"});
  expect_error(ErrorKind::usage, [] { parse_toml("seed = 1\nseed = 2\n", "a.toml"); }, {"a.toml:2"});
  expect_error(ErrorKind::usage, [] { parse_toml("when = 2020-01-01\n", "a.toml"); }, {"a.toml:1", "date"});
}

TEST(Toml, WritingReadsBackTheSame) {
  Value value;
  value.set("text", "a \"quoted\"\tline\nand \\ \x01 ü");
  value.set("rate", 5e-4).set("third", 1.0 / 3).set("whole", 2.0).set("huge", 1e300).set("tiny", -2.5e-308);
  value.set("big", int64_t{-9007199254740993}).set("on", true);
  value.set("list", Value::Array{1, 2.5, "x"}).set("none", Value::Array{}).set("nothing", Value());
  value.set("table", Value::Object{{"a b", 1}, {"inner", Value::Object{{"x", 2}}}});
  value.set("rows", Value::Array{Value::Object{{"kind", "lora"}}, Value::Object{{"kind", "full"}, {"f", Value::Object{}}}});
  const std::string text = write_toml(value);
  const Value back = parse_toml(text, "b.toml");
  for (const auto& [key, member] : *value.as_object()) {
    if (key == "nothing") {
      EXPECT_EQ(back.find(key), nullptr);
    } else {
      ASSERT_NE(back.find(key), nullptr) << text;
      EXPECT_TRUE(*back.find(key) == member) << key << "\n" << text;
    }
  }
  EXPECT_EQ(write_toml(back), text);
}

TEST(Toml, SettingsAreValuesOrBareWords) {
  EXPECT_EQ(*parse_setting("train.epochs=5").value.as_int(), 5);
  EXPECT_EQ(*parse_setting("train.optimizer.learning_rate = 1e-3").value.as_double(), 1e-3);
  EXPECT_EQ(*parse_setting("data.by_length=false").value.as_bool(), false);
  EXPECT_EQ(*parse_setting("model.pooling=mean").value.as_string(), "mean");
  EXPECT_EQ(*parse_setting("data.train=../a b.tsv").value.as_string(), "../a b.tsv");
  EXPECT_EQ(*parse_setting("data.label=nan").value.as_string(), "nan");
  EXPECT_EQ(*parse_setting("data.train=\"x=y\"").value.as_string(), "x=y");
  EXPECT_EQ(parse_setting("data.text=[\"a\", \"b\"]").value.as_array()->size(), 2U);
  EXPECT_EQ(*parse_setting("a=1\nb=2").value.as_string(), "1\nb=2");  // one setting cannot smuggle in another
  EXPECT_EQ(parse_setting("seed=4").value.place(), "--set seed");
  expect_error(ErrorKind::usage, [] { parse_setting("seed"); }, {"path=value"});
}

TEST(Toml, OtherThanAsciiStandsInTextsAndCommentsOnly) {
  const Value value = parse_toml(
      "\xEF\xBB\xBF"
      "a = \"gr\u00f6\u00dfe \\\" \u2603\" # \u00fc\nb = \'\'\'\n\u00e9\'\'\'\n[\"\u00e4\"]\nc = \'\u00e9\'\n",
      "x.toml");
  EXPECT_EQ(*value.find("a")->as_string(), "gr\u00f6\u00dfe \" \u2603");
  EXPECT_EQ(*value.find("b")->as_string(), "\u00e9");
  EXPECT_EQ(*parse_toml("a = \"UU_C3 U_\u00e9 U_\"", "x.toml").find("a")->as_string(), "UU_C3 U_\u00e9 U_");
  support::expect_error(ErrorKind::usage, [&] { parse_toml("a = -\"\u00f6\"]\n", "x.toml"); }, {"x.toml:1"});
  support::expect_error(ErrorKind::usage, [&] { parse_toml("a = \"\xC3\"", "x.toml"); }, {"x.toml: this is no TOML: not UTF-8"});
  for (const char* stray : {"\u00e9 = 1", "a = 1 \u00e9", "a = \"\\\u00e9\"", "a = \"\"\"\n\\\u00e9\"\"\""}) {
    support::expect_error(ErrorKind::usage, [&] { parse_toml(stray, "x.toml"); }, {"x.toml:", "outside of any text"});
  }
}

}  // namespace
}  // namespace espalier
