#include "espalier/base/fields.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "espalier/base/registry.h"
#include "tests/support/files.h"

namespace espalier {
namespace {

using support::expect_error;

struct Schedule {
  std::string decay = "linear";
  double warmup = 0.06;
  void fields(Fields& f) {
    f("decay", decay).one_of({"linear", "cosine"});
    f("warmup", warmup).at_least(0).below(1).help("share of the steps");
  }
};

struct Everything {
  int64_t rank = 8;
  double alpha = 16;
  bool bias = false;
  std::string name;
  std::optional<int64_t> limit;
  std::optional<Schedule> second;
  std::vector<std::string> sites{"query"};
  std::vector<int64_t> widths;
  std::vector<bool> flags;
  std::map<std::string, double> weights;
  Value extra;
  Schedule schedule;
  std::vector<Schedule> more;
  void fields(Fields& f) {
    f("rank", rank).at_least(1).help("r, the rank of the update");
    f("alpha", alpha).above(0).at_most(100);
    f("bias", bias);
    f("name", name);
    f("limit", limit).between(1, 10);
    f("second", second);
    f("sites", sites);
    f("widths", widths).at_least(1);
    f("flags", flags);
    f("weights", weights).at_least(0);
    f("extra", extra);
    f("schedule", schedule);
    f("more", more);
  }
};

struct Needy {
  std::string from;
  int64_t port = 0;
  void fields(Fields& f) {
    f("from", from).required().help("a folder");
    f("port", port).between(1, 65535);
  }
};

struct Outer {
  Needy model;
  void fields(Fields& f) { f("model", model); }
};

Value table(std::initializer_list<std::pair<const char*, Value>> paths) {
  Value v{Value::Object{}};
  int line = 13;
  for (const auto& [path, value] : paths) v.set_path(path, Value(value).at(fmt::format("sst2.toml:{}", ++line)));
  return v;
}

template <class Options = Everything>
void refuses(const Value& value, std::initializer_list<std::string_view> pieces) {
  expect_error(
      ErrorKind::usage, [&] { read_options<Options>(value, "method[0]"); }, pieces);
}

TEST(Fields, NothingGivesTheDefaults) {
  const auto options = read_options<Everything>(Value(), "method[0]");
  EXPECT_EQ(options.rank, 8);
  EXPECT_EQ(options.sites, std::vector<std::string>{"query"});
  EXPECT_FALSE(options.limit);
}

TEST(Fields, ReadsEveryType) {
  const auto options = read_options<Everything>(table({{"rank", 4},
                                                       {"alpha", 8},
                                                       {"bias", true},
                                                       {"name", "x"},
                                                       {"limit", 3},
                                                       {"second.decay", "cosine"},
                                                       {"sites", Value::Array{"key", "value"}},
                                                       {"widths", 64},
                                                       {"flags", Value::Array{true, false}},
                                                       {"weights.mlm", 0.5},
                                                       {"weights.nsp", 1},
                                                       {"extra.anything", "goes"},
                                                       {"schedule.warmup", 0.1},
                                                       {"more[0].warmup", 0.2},
                                                       {"more[1].decay", "cosine"}}),
                                                "method[0]");
  EXPECT_EQ(options.rank, 4);
  EXPECT_EQ(options.alpha, 8.0);  // an integer where a number is expected
  EXPECT_TRUE(options.bias);
  EXPECT_EQ(options.name, "x");
  EXPECT_EQ(options.limit, 3);
  EXPECT_EQ(options.second->decay, "cosine");
  EXPECT_EQ(options.second->warmup, 0.06);
  EXPECT_EQ(options.sites, (std::vector<std::string>{"key", "value"}));
  EXPECT_EQ(options.widths, std::vector<int64_t>{64});  // a single value where a list is expected
  EXPECT_EQ(options.flags, (std::vector<bool>{true, false}));
  EXPECT_EQ(options.weights, (std::map<std::string, double>{{"mlm", 0.5}, {"nsp", 1}}));
  EXPECT_EQ(options.extra, Value(Value::Object{{"anything", "goes"}}));
  EXPECT_EQ(options.schedule.warmup, 0.1);
  ASSERT_EQ(options.more.size(), 2U);
  EXPECT_EQ(options.more[0].warmup, 0.2);
  EXPECT_EQ(options.more[1].decay, "cosine");
}

TEST(Fields, WhatIsWrittenReadsBack) {
  const Value written = write_options(read_options<Everything>(
      table({{"rank", 4}, {"second.warmup", 0.5}, {"weights.a", 0.1}, {"more[0].decay", "cosine"}}), "m"));
  EXPECT_EQ(write_options(read_options<Everything>(written, "m")), written);
  EXPECT_EQ(write_options(Everything{}).find("limit"), nullptr);  // an unset optional prints nothing
  EXPECT_EQ(*write_options(Everything{}).find("schedule")->find("decay")->as_string(), "linear");
}

TEST(Fields, RangesAreChecked) {
  refuses(table({{"rank", 0}}), {"sst2.toml:14: method[0].rank = 0; expected at least 1"});
  refuses(table({{"alpha", 0}}), {"method[0].alpha = 0; expected above 0"});
  refuses(table({{"alpha", 100.5}}), {"method[0].alpha = 100.5; expected at most 100"});
  refuses(table({{"limit", 11}}), {"method[0].limit = 11; expected from 1 to 10"});
  refuses(table({{"widths", Value::Array{3, 0}}}), {"method[0].widths = [3, 0]; expected at least 1"});
  refuses(table({{"weights.a", -1}}), {"method[0].weights = { a = -1 }; expected at least 0"});
  refuses(table({{"schedule.warmup", 1}}), {"sst2.toml:14: method[0].schedule.warmup = 1; expected below 1"});
  refuses(table({{"schedule.decay", "cosin"}}), {"decay = \"cosin\"; expected one of linear, cosine"});
  refuses(table({{"more[0].decay", "linear"}, {"more[1].decay", "none"}}),
          {"sst2.toml:15: method[0].more[1].decay = \"none\"; expected one of linear, cosine"});
}

TEST(Fields, TypesAreChecked) {
  refuses(table({{"rank", 1.5}}), {"sst2.toml:14: method[0].rank = number 1.5; expected an integer"});
  refuses(table({{"rank", "8"}}), {"method[0].rank = text \"8\"; expected an integer"});
  refuses(table({{"bias", 1}}), {"method[0].bias = integer 1; expected true or false"});
  refuses(table({{"name", 1}}), {"method[0].name = integer 1; expected text in quotes"});
  refuses(table({{"schedule", 3}}), {"method[0].schedule = integer 3; expected a table"});
  refuses(table({{"weights", 3}}), {"method[0].weights = integer 3; expected a table of numbers"});
  refuses(table({{"widths", Value::Array{1, "x"}}}), {"sst2.toml:14: method[0].widths[1] = text \"x\"; expected an integer"});
  refuses(Value(3).at("sst2.toml:9"), {"sst2.toml:9: method[0] = integer 3; expected a table"});
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    refuses(table({{"alpha", bad}}), {"expected a finite number"});
  }
}

TEST(Fields, AWrongTypeIsNotAlsoARangeProblem) {
  const std::string text = expect_error([&] { read_options<Everything>(table({{"rank", "x"}}), "m"); }, {"expected an integer"});
  EXPECT_EQ(text.find("at least"), std::string::npos);
}

TEST(Fields, UnknownKeysNameTheNearest) {
  refuses(table({{"rank", 8}, {"rnk", 4}}), {"sst2.toml:15: method[0].rnk is unknown (did you mean 'rank'?)"});
  refuses(table({{"schedule.decai", "linear"}}), {"sst2.toml:14: method[0].schedule.decai is unknown (did you mean 'decay'?)"});
  refuses(table({{"zzzzzzzzzz", 4}}), {"method[0].zzzzzzzzzz is unknown", "known here: rank, alpha"});
  EXPECT_NO_THROW(read_options<Schedule>(table({{"kind", "x"}}), "m", {"kind"}));
}

TEST(Fields, AllProblemsAreReportedAtOnce) {
  refuses(table({{"rank", 0}, {"alhpa", 3}, {"bias", "yes"}, {"more[0].warmup", 2}}),
          {"(4 problems)", "sst2.toml:14: method[0].rank", "sst2.toml:15: method[0].alhpa", "sst2.toml:16: method[0].bias",
           "sst2.toml:17: method[0].more[0].warmup"});
}

TEST(Fields, RequiredFieldsAndBrokenDefaults) {
  refuses<Needy>(Value(), {"method[0].from is missing; expected text", "a folder",
                           "method[0].port = 0 (the default); expected from 1 to 65535"});
  refuses<Needy>(table({{"port", 80}}), {"method[0].from is missing"});
  refuses<Outer>(Value(), {"method[0].model.from is missing", "method[0].model.port = 0"});
  EXPECT_EQ(read_options<Needy>(table({{"from", "x"}, {"port", 80}}), "m").port, 80);
}

TEST(Fields, Documents) {
  std::map<std::string, FieldDoc> docs;
  for (const FieldDoc& doc : document_options<Everything>()) docs[doc.name] = doc;
  EXPECT_EQ(docs.at("rank").type, "integer");
  EXPECT_EQ(docs.at("rank").default_text, "8");
  EXPECT_EQ(docs.at("rank").range, "at least 1");
  EXPECT_EQ(docs.at("rank").help, "r, the rank of the update");
  EXPECT_EQ(docs.at("alpha").range, "above 0, at most 100");
  EXPECT_EQ(docs.at("sites").type, "list of text");
  EXPECT_EQ(docs.at("sites").default_text, "[\"query\"]");
  EXPECT_EQ(docs.at("weights").type, "table of numbers");
  EXPECT_EQ(docs.at("schedule.decay").range, "one of linear, cosine");
  EXPECT_EQ(docs.at("schedule.warmup").default_text, "0.06");
  EXPECT_EQ(docs.at("more[].decay").default_text, "\"linear\"");
  EXPECT_EQ(docs.at("second.decay").type, "text");
  EXPECT_EQ(document_options<Needy>().front().default_text, "required");
}

struct Shape {
  virtual ~Shape() = default;
  virtual double size() const = 0;
};
struct SquareOptions {
  double side = 2;
  void fields(Fields& f) { f("side", side).above(0); }
};
struct Square : Shape {
  explicit Square(SquareOptions options) : options_(options) {}
  double size() const override { return options_.side * options_.side; }
  SquareOptions options_;
};

TEST(Registry, MakesDocumentsAndRefuses) {
  Registry<Shape> shapes("shape");
  shapes.add<Square, SquareOptions>("square", "four equal sides");
  EXPECT_EQ(shapes.make(table({{"kind", "square"}, {"side", 3}}), "shape[0]")->size(), 9.0);
  EXPECT_EQ(*shapes.find("square").resolve(Value(), "s").find("side")->as_double(), 2.0);
  EXPECT_EQ(shapes.find("square").options().front().name, "side");
  expect_error(ErrorKind::usage,
               [&] {
                 shapes.make(table({{"kind", "sqare"}}), "shape[0]");
               },
               {"sst2.toml:14: shape 'sqare' is unknown (did you mean 'square'?)", "known: square"});
  expect_error([&] { shapes.make(Value(Value::Object{}), "shape[0]"); }, {"shape[0].kind is missing"});
  expect_error([&] { shapes.make(table({{"kind", "square"}, {"sid", 3}}), "shape[0]"); }, {"shape[0].sid is unknown"});
}

}  // namespace
}  // namespace espalier
