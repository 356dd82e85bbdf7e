#include "espalier/data/spans.h"

#include <nlohmann/json.hpp>

#include "tests/support/files.h"

namespace espalier {
namespace {

using nlohmann::json;
using support::expect_error;
using Tags = std::vector<std::string>;

const std::vector<Extent> kWords{{0, 3}, {4, 8}, {9, 11}, {12, 13}};  // "New York is ." by bytes
constexpr const char* kText = "New York is .";

TEST(Spans, are_read_checked_and_sorted) {
  const auto spans =
      read_spans(json::parse(R"([{"start":9,"end":11,"label":"V"},{"start":0,"end":8,"label":"LOC"}])"), kText, "p");
  ASSERT_EQ(spans.size(), 2U);
  EXPECT_EQ(spans[0], (TextSpan{0, 8, "LOC", "New York"}));
  EXPECT_EQ(spans[1], (TextSpan{9, 11, "V", "is"}));
}

TEST(Spans, count_code_points) {
  // ü is two bytes, the emoji four: "Jürgen 🙂 Köln", Köln is characters 9 to 13 and bytes 13 to 18.
  const std::string text = "J\xC3\xBCrgen \xF0\x9F\x99\x82 K\xC3\xB6ln";
  const auto spans = read_spans(json::parse(R"([{"start":9,"end":13,"label":"LOC"}])"), text, "p");
  EXPECT_EQ(spans.at(0).text, "K\xC3\xB6ln");
  const std::vector<Extent> words{{0, 7}, {8, 12}, {13, 18}};
  EXPECT_EQ(tag_words(words, text, spans), (Tags{"O", "O", "B-LOC"}));
  EXPECT_EQ(decode_spans(words, text, Tags{"O", "O", "B-LOC"}), spans);
}

TEST(Spans, become_tags_of_words) {
  int64_t inside = 0;
  const std::vector<TextSpan> spans{{0, 8, "LOC", ""}, {9, 11, "V", ""}};
  EXPECT_EQ(tag_words(kWords, kText, spans, &inside), (Tags{"B-LOC", "I-LOC", "B-V", "O"}));
  EXPECT_EQ(inside, 0);
}

TEST(Spans, that_begin_inside_a_word_take_the_word_and_are_counted) {
  int64_t inside = 0;
  EXPECT_EQ(tag_words(kWords, kText, std::vector<TextSpan>{{5, 8, "LOC", ""}}, &inside), (Tags{"O", "B-LOC", "O", "O"}));
  EXPECT_EQ(inside, 1);
  EXPECT_EQ(tag_words(kWords, kText, std::vector<TextSpan>{{0, 5, "A", ""}, {5, 8, "B", ""}}, &inside),
            (Tags{"B-A", "I-A", "O", "O"}));
}

TEST(Spans, are_decoded_with_their_text) {
  const std::vector<TextSpan> expected{{0, 8, "LOC", "New York"}, {9, 11, "V", "is"}};
  EXPECT_EQ(decode_spans(kWords, kText, Tags{"B-LOC", "I-LOC", "B-V", "O"}), expected);
  EXPECT_EQ(decode_spans(kWords, kText, Tags{"B-LOC", "E-LOC", "S-V", "O"}), expected);
  // a stray I- opens a span, another type or a B- closes the one before
  const std::vector<TextSpan> stray{{0, 3, "LOC", "New"}, {4, 8, "PER", "York"}, {9, 13, "PER", "is ."}};
  EXPECT_EQ(decode_spans(kWords, kText, Tags{"I-LOC", "I-PER", "B-PER", "I-PER"}), stray);
}

TEST(Spans, that_make_no_sense_are_refused) {
  const auto read = [](const char* text) { return [text] { read_spans(json::parse(text), kText, "t.jsonl:4"); }; };
  expect_error(ErrorKind::data, read("3"), {"t.jsonl:4", "no list"});
  expect_error(ErrorKind::data, read("[3]"), {"t.jsonl:4", "no object"});
  expect_error(ErrorKind::data, read(R"([{"start":0,"label":"X"}])"), {"\"end\""});
  expect_error(ErrorKind::data, read(R"([{"start":0,"end":2.5,"label":"X"}])"), {"\"end\""});
  expect_error(ErrorKind::data, read(R"([{"start":0,"end":2}])"), {"no \"label\""});
  expect_error(ErrorKind::data, read(R"([{"start":-1,"end":2,"label":"X"}])"), {"-1 to 2", "13 characters"});
  expect_error(ErrorKind::data, read(R"([{"start":2,"end":2,"label":"X"}])"), {"2 to 2"});
  expect_error(ErrorKind::data, read(R"([{"start":0,"end":4,"label":"X"},{"start":3,"end":5,"label":"X"}])"), {"overlap"});
}

}  // namespace
}  // namespace espalier
