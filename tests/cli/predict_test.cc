// predict as scripts use it: order, columns, formats, standard input line by line, and input that is odd.
#include <nlohmann/json.hpp>

#include "espalier/base/text.h"
#include "tests/cli/world.h"

namespace espalier::test {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines = split(text, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

TEST(Predict, KeepsOrderAndColumns) {
  const World& world = World::shared();
  const Outcome said = run({"predict", world.path("run"), world.path("new.csv"), "--keep", "id"});
  ASSERT_EQ(said.code, 0) << said.err;
  const std::vector<std::string> lines = lines_of(said.out);
  ASSERT_EQ(lines.size(), 21U);
  EXPECT_EQ(lines[0], "id,label,probability");
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string> cells = split(lines[i], ',');
    ASSERT_EQ(cells.size(), 3U);
    EXPECT_EQ(cells[0], "r" + std::to_string(i - 1));
    EXPECT_TRUE(cells[1] == "warm" || cells[1] == "cold");
    EXPECT_GE(parse_double(cells[2]).value_or(0), 0.5);
  }
  expect_says(said.err, {"20 rows"});
}

TEST(Predict, JsonLinesHoldTheSameAnswers) {
  const World& world = World::shared();
  const Outcome table = run({"predict", world.path("run"), world.path("new.csv")});
  const Outcome json =
      run({"predict", world.path("run"), world.path("new.csv"), "--json", "--probabilities", "--keep", "id,label"});
  EXPECT_EQ(json.code, 2);  // there is no column "label"
  const Outcome good = run({"predict", world.path("run"), world.path("new.csv"), "--json", "--probabilities", "--keep", "id"});
  ASSERT_EQ(good.code, 0) << good.err;
  const std::vector<std::string> lines = lines_of(good.out), rows = lines_of(table.out);
  ASSERT_EQ(lines.size() + 1, rows.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    const nlohmann::json answer = nlohmann::json::parse(lines[i]);
    EXPECT_EQ(answer["id"], "r" + std::to_string(i));
    EXPECT_EQ(answer["label"], split(rows[i + 1], ',')[0]);
    double sum = 0;
    for (const auto& [label, probability] : answer["probabilities"].items()) sum += probability.get<double>();
    EXPECT_NEAR(sum, 1, 1e-6);  // of float logits
  }
}

TEST(Predict, AnswersEachLineAtOnce) {
  Program program({"predict", World::shared().path("run")});
  program.write("red rose\n");
  EXPECT_EQ(program.read_line(), "label\tprobability");
  EXPECT_FALSE(program.read_line().empty());  // before the input ends
  program.write("blue sky\n");
  EXPECT_FALSE(program.read_line().empty());
  EXPECT_EQ(program.finish().code, 0);
}

TEST(Predict, OddInputIsAnsweredAndCounted) {
  const World& world = World::shared();
  const Outcome none = run({"predict", world.path("run")}, "");
  EXPECT_EQ(none.code, 1) << none.out << none.err;
  expect_says(none.err, {"empty"});
  const Outcome odd = run({"predict", world.path("run")}, "red \xff\xfe rose\n\nblue\n");
  ASSERT_EQ(odd.code, 0) << odd.err;
  EXPECT_EQ(lines_of(odd.out).size(), 4U);
  expect_says(odd.err, {"UTF-8", "3 rows"});
  const Outcome zero = run({"predict", world.path("run")}, std::string("red\0rose\n", 9));
  EXPECT_LE(zero.code, 1) << zero.err;
}

TEST(Predict, AnAdapterOnItsBaseAnswersAsTheRun) {
  const World& world = World::shared();
  const support::TemporaryFolder folder;
  std::string rows = read_file(world.path("new.csv"));
  const std::string file = folder.write("new.csv", rows.replace(rows.find("words"), 5, "text")).string();
  const Outcome said = run({"predict", "--model", world.path("model"), "--adapter", world.path("run") + "/adapter", file});
  ASSERT_EQ(said.code, 0) << said.err;
  EXPECT_EQ(said.out, run({"predict", world.path("run"), world.path("new.csv")}).out);
  expect_says(said.err, {"12 sites matched", "head present", "base hash matched"});
}

TEST(Predict, AFullDiskIsAnError) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "there is no /dev/full";
  const std::string line = std::string("exec '") + ESPALIER_PROGRAM + "' list methods > /dev/full 2> /dev/null";
  const int status = std::system(line.c_str());
  EXPECT_EQ(WEXITSTATUS(status), 1);
}

TEST(Embed, WritesWhatItSays) {
  const World& world = World::shared();
  const std::string out = world.path("v.npy");
  const Outcome said = run({"embed", world.path("model"), world.path("new.csv"), "--text", "words", "--out", out});
  ASSERT_EQ(said.code, 0) << said.err;
  expect_says(said.out, {"float32", "[20, 32]"});
  const std::string bytes = read_file(out);
  ASSERT_EQ(bytes.size(), 128 + 20 * 32 * sizeof(float));
  EXPECT_EQ(bytes.substr(1, 5), "NUMPY");
  expect_says(bytes.substr(0, 128), {"'<f4'", "(20, 32)"});
  EXPECT_EQ(bytes[127], '\n');
  const auto* row = reinterpret_cast<const float*>(bytes.data() + 128);
  double square = 0;
  for (int i = 0; i < 32; ++i) square += double(row[i]) * row[i];
  EXPECT_NEAR(square, 1, 1e-5);  // 32 roundings of float
}

TEST(Merge, AnswersAsTheRunDoes) {
  const World& world = World::shared();
  const Outcome merged = run({"merge", world.path("run"), "--out", world.path("merged")});
  ASSERT_EQ(merged.code, 0) << merged.err;
  expect_says(merged.out, {"largest change", "BertForSequenceClassification"});
  const Outcome a = run({"predict", world.path("run"), world.path("new.csv")});
  const Outcome b = run({"predict", world.path("merged"), world.path("new.csv"), "--text", "words"});
  ASSERT_EQ(b.code, 0) << b.err;
  const auto first = lines_of(a.out), second = lines_of(b.out);
  ASSERT_EQ(first.size(), second.size());
  for (size_t i = 0; i < first.size(); ++i) EXPECT_EQ(split(first[i], ',')[0], split(second[i], ',')[0]);
  EXPECT_EQ(run({"merge", world.path("run"), "--out", world.path("merged")}).code, 2);
}

}  // namespace
}  // namespace espalier::test
