#include "espalier/io/squad_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "tests/support/files.h"

namespace espalier {
namespace {

// `qas` in a paragraph whose context is "Größe: 12 m. Zoë misst.", 23 characters and 26 bytes.
std::string file_with(const std::string& qas) {
  return R"({"version":"v2.0","data":[{"title":"T","paragraphs":[{"context":"Größe: 12 m. Zoë misst.","qas":[)" + qas + "]}]}]}";
}

std::string question(const std::string& id, const std::string& more) {
  return R"({"id":")" + id + R"(","question":"Wer?",)" + more + "}";
}

TEST(SquadFile, CountsCharactersAsTheFilesDo) {
  const SquadFile file = parse_squad(file_with(question("a", R"("answers":[{"text":"Zoë","answer_start":13}])") + "," +
                                               question("b", R"("is_impossible":true,"answers":[],
                                                        "plausible_answers":[{"text":"12 m","answer_start":7}])")),
                                     "dev.json");
  EXPECT_EQ(file.version, "v2.0");
  EXPECT_EQ(file.questions(), 2);
  const SquadParagraph& paragraph = file.paragraphs.at(0);
  EXPECT_EQ(paragraph.title, "T");
  const SquadAnswer& answer = paragraph.questions.at(0).answers.at(0);
  EXPECT_EQ(answer.begin, 15);
  EXPECT_EQ(answer.end, 19);
  EXPECT_EQ(paragraph.context.substr(size_t(answer.begin), size_t(answer.end - answer.begin)), "Zoë");
  EXPECT_FALSE(paragraph.questions[0].impossible);
  EXPECT_TRUE(paragraph.questions[1].impossible);
  EXPECT_EQ(paragraph.questions[1].plausible.at(0).text, "12 m");
}

TEST(SquadFile, AnAnswerMayEndTheContext) {
  const SquadFile file = parse_squad(file_with(question("a", R"("answers":[{"text":"misst.","answer_start":17},
                                                            {"text":"","answer_start":23}])")),
                                     "dev.json");
  EXPECT_EQ(file.paragraphs[0].questions[0].answers[0].end, 26);
}

TEST(SquadFile, QuestionsWithoutAnswersAreRead) {
  const SquadFile file = parse_squad(file_with(R"({"id":"a","question":"Wer?"})"), "test.json");
  EXPECT_TRUE(file.paragraphs[0].questions[0].answers.empty());
}

TEST(SquadFile, AnswersOutsideTheContextAreNamedById) {
  for (const char* start : {"18", "23", "24", "-1", "9223372036854775807"}) {
    const std::string said = support::expect_error(
        ErrorKind::data,
        [&] {
          parse_squad(
              file_with(question("56be4db0", R"("answers":[{"text":"misst.","answer_start":)" + std::string(start) + "}]")),
              "dev.json");
        },
        {"dev.json", "question 56be4db0", "answers[0]", start, "its context has 23"});
    EXPECT_EQ(said.find("misst"), std::string::npos) << "texts stay private";
  }
}

TEST(SquadFile, AnswersThatStandElsewhereAreNamed) {
  support::expect_error(
      ErrorKind::data,
      [&] { parse_squad(file_with(question("q7", R"("answers":[{"text":"Zoë","answer_start":12}])")), "dev.json"); },
      {"question q7", "not what stands at character 12", "it stands at 13"});
  support::expect_error(
      ErrorKind::data,
      [&] { parse_squad(file_with(question("q7", R"("answers":[{"text":"zoë","answer_start":13}])")), "dev.json"); },
      {"question q7", "nor anywhere"});
}

TEST(SquadFile, AllProblemsAtOnce) {
  support::expect_error(ErrorKind::data,
                        [&] {
                          parse_squad(
                              file_with(question("a", R"("answers":[{"text":"Zoë","answer_start":99}])") + "," +
                                        question("a", R"("is_impossible":true,"answers":[{"text":"Zoë","answer_start":13}])")),
                              "dev.json");
                        },
                        {"dev.json: answers or questions are wrong (3 problems)", "begins at character 99", "given twice",
                         "impossible and has 1 answers"});
}

TEST(SquadFile, BrokenFilesSayWhere) {
  const auto broken = [](const std::string& text, std::initializer_list<std::string_view> said) {
    support::expect_error(
        ErrorKind::data, [&] { parse_squad(text, "dev.json"); }, said);
  };
  broken("[]", {"dev.json"});
  broken("{", {"dev.json:1"});
  broken(R"({"version":"1.1"})", {"dev.json", "data"});
  broken(R"({"data":[{"paragraphs":[{"qas":[]}]}]})", {"data[0].paragraphs[0]", "context"});
  broken(file_with(R"({"id":7,"question":"Wer?"})"), {"data[0].paragraphs[0].qas[0]", "id"});
  broken(file_with(question("a", R"("answers":[{"text":"Zoë"}])")), {"qas[0].answers[0]", "answer_start"});
  broken(file_with(question("a", R"("answers":"Zoë")")), {"qas[0]", "answers"});
  support::expect_error(ErrorKind::data, [] { read_squad("/nowhere/dev.json"); }, {"/nowhere/dev.json"});
}

TEST(SquadFile, RealFiles) {
  const char* data = std::getenv("ESPALIER_DATA");
  if (data == nullptr) GTEST_SKIP() << "ESPALIER_DATA is not set: SQuAD and XQuAD are not read";
  const fs::path folder = fs::path(data) / "qa";
  EXPECT_EQ(
      read_squad(folder / "squad/dev-v1.1.part1.json").questions() + read_squad(folder / "squad/dev-v1.1.part2.json").questions(),
      10570);
  EXPECT_EQ(read_squad(folder / "xquad/xquad.en.json").questions(), 1190);
}

}  // namespace
}  // namespace espalier
