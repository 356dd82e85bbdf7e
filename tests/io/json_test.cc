#include "espalier/io/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/files.h"

namespace espalier {
namespace {

using nlohmann::json;
using support::expect_error;
using support::TemporaryFolder;

TEST(Json, ErrorsNameLineAndColumn) {
  expect_error(ErrorKind::data, [] { parse_json("{\n  \"a\": 1,\n  oops\n}", "x.json"); }, {"x.json:3:3", "not valid JSON"});
  expect_error([] { parse_json("{\"a\": [1, 2", "x.json"); }, {"x.json:1:12", "unexpected end of input"});
  expect_error([] { parse_json(" \n", "x.json"); }, {"x.json", "the file is empty"});
  expect_error([] { parse_json("{\"a\": 1e999}", "x.json"); }, {"x.json", "not valid JSON"});
  expect_error([] { parse_json("{}\n{", "x.jsonl", 200, 8); }, {"x.jsonl:9:1"});
  const TemporaryFolder folder;
  expect_error([&] { read_json(folder.write("config.json", "{\"a\" 1}")); }, {"config.json:1:6"});
  expect_error([&] { read_json(folder / "absent.json"); }, {"absent.json"});
}

TEST(Json, DeepNestingIsRefused) {
  const std::string deep(100'000, '[');
  expect_error([&] { parse_json(deep, "x.json"); }, {"x.json:1:201", "nested deeper than 200"});
  EXPECT_NO_THROW(parse_json(std::string(200, '[') + std::string(200, ']'), "x.json"));
  EXPECT_NO_THROW(parse_json("[\"" + std::string(1000, '[') + "\\\"[[\"]", "x.json", 1));
}

TEST(Json, ABomIsAccepted) { EXPECT_EQ(parse_json("\xEF\xBB\xBF{\"a\":1}", "x")["a"], 1); }

TEST(Json, WritesWhatItReads) {
  const TemporaryFolder folder;
  write_json(folder / "x.json", nlohmann::ordered_json{{"b", 1}, {"a", "\xFF"}});
  EXPECT_EQ(read_file(folder / "x.json"), "{\n  \"b\": 1,\n  \"a\": \"\xEF\xBF\xBD\"\n}\n");
  EXPECT_EQ(read_ordered_json(folder / "x.json").begin().key(), "b");
}

TEST(Json, TypedMembers) {
  const json object = parse_json(R"({"i":3,"d":2.5,"b":true,"s":"x","n":null,"l":["p","q"],"o":{"k":1},"z":[1,2]})", "x");
  EXPECT_EQ(json_int(object, "i", "x"), 3);
  EXPECT_EQ(json_int(object, "absent", "x", 7), 7);
  EXPECT_EQ(json_int(object, "n", "x", 7), 7);
  EXPECT_EQ(json_double(object, "i", "x"), 3.0);
  EXPECT_EQ(json_double(object, "d", "x"), 2.5);
  EXPECT_EQ(json_double(object, "absent", "x", 0.5), 0.5);
  EXPECT_TRUE(json_bool(object, "b", "x"));
  EXPECT_TRUE(json_bool(object, "absent", "x", true));
  EXPECT_EQ(json_string(object, "s", "x"), "x");
  EXPECT_EQ(json_string(object, "absent", "x", "y"), "y");
  EXPECT_EQ(json_strings(object, "l", "x"), (std::vector<std::string>{"p", "q"}));
  EXPECT_EQ(json_strings(object, "s", "x"), std::vector<std::string>{"x"});
  EXPECT_EQ(json_ints(object, "z", "x"), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(json_object(object, "o", "x")["k"], 1);
  EXPECT_EQ(json_array(object, "z", "x").size(), 2U);
  EXPECT_EQ(json_find(object, "n", "x"), nullptr);
}

TEST(Json, WrongTypesSayWhatWasFound) {
  const json object = parse_json(R"({"hidden_size":"768","big":18446744073709551615,"f":1.5,"l":["a",2],"b":1,"n":null})", "x");
  expect_error([&] { json_int(object, "hidden_size", "c.json"); },
               {"c.json", "\"hidden_size\" is text \"768\"; expected an integer"});
  expect_error([&] { json_int(object, "hidden_size", "c.json", 1); }, {"expected an integer"});
  expect_error([&] { json_int(object, "hiden_size", "c.json"); }, {"\"hiden_size\" is missing", "hidden_size"});
  expect_error([&] { json_int(object, "n", "c.json"); }, {"\"n\" is missing"});
  expect_error([&] { json_int(object, "big", "c.json"); }, {"expected an integer below 2^63"});
  expect_error([&] { json_int(object, "f", "c.json"); }, {"number 1.5; expected an integer"});
  expect_error([&] { json_double(object, "hidden_size", "c.json"); }, {"expected a number"});
  expect_error([&] { json_bool(object, "b", "c.json"); }, {"integer 1; expected true or false"});
  expect_error([&] { json_string(object, "b", "c.json"); }, {"expected text"});
  expect_error([&] { json_strings(object, "l", "c.json"); }, {"\"l[1]\" is integer 2; expected text"});
  expect_error([&] { json_ints(object, "l", "c.json"); }, {"\"l[0]\" is text \"a\"; expected an integer"});
  expect_error([&] { json_object(object, "l", "c.json"); }, {"a list of 2; expected an object"});
  expect_error([&] { json_array(object, "b", "c.json"); }, {"expected a list"});
  expect_error([&] { json_int(object["l"], "x", "c.json"); }, {"found a list of 2; expected an object"});
}

}  // namespace
}  // namespace espalier
