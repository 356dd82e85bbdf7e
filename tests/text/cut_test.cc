// Texts that are too long, pairs, windows, words and decoding equal transformers' and the library's.
#include <gtest/gtest.h>

#include "espalier/base/error.h"
#include "tests/text/oracle.h"

namespace espalier {
namespace {

std::vector<Encoding> encode_case(const Tokenizer& tokenizer, const nlohmann::json& line) {
  const std::string what = line["what"];
  const auto texts = line["texts"].get<std::vector<std::string>>();
  const Limit limit = {line["max_length"], Long::cut, line.value("stride", int64_t{0})};
  if (what == "pair") return {tokenizer.encode_pair(texts[0], texts[1], limit)};
  if (what == "words") return {tokenizer.encode_words(texts, limit)};
  if (what == "windows") return tokenizer.encode_windows(texts[0], limit);
  return tokenizer.encode_pair_windows(texts[0], texts[1], limit);
}

TEST(Cut, EqualsTransformers) {
  const auto tokenizer = load_tokenizer(wordpiece_oracle() / "uncased");
  std::map<std::string, int> kinds;
  for (const nlohmann::json& line : oracle_lines("cases.jsonl")) {
    ++kinds[line["what"]];
    if (line["what"] == "decode") {
      EXPECT_EQ(tokenizer->decode(line["ids"].get<std::vector<int32_t>>(), line["skip_special"]), line["text"]);
      continue;
    }
    const std::vector<Encoding> found = encode_case(*tokenizer, line);
    const std::vector<nlohmann::json> expected =
        line.contains("windows") ? line["windows"].get<std::vector<nlohmann::json>>() : std::vector<nlohmann::json>{line};
    ASSERT_EQ(found.size(), expected.size()) << line;
    for (size_t i = 0; i < found.size(); ++i) EXPECT_EQ(as_record(found[i], expected[i]), expected[i]) << line["texts"];
  }
  EXPECT_EQ(kinds["pair"], 160);
  EXPECT_EQ(kinds["windows"], 24);
  EXPECT_EQ(kinds["pair_windows"], 1);
  EXPECT_EQ(kinds["words"], 2);
  EXPECT_EQ(kinds["decode"], 12);
}

class Cutting : public ::testing::Test {
 protected:
  std::unique_ptr<Tokenizer> tokenizer = load_tokenizer(wordpiece_oracle() / "uncased");
  std::string text = "the quick brown fox jumps over the lazy dog";  // one piece a word
};

TEST_F(Cutting, CountsWhatIsDropped) {
  const Encoding whole = tokenizer->encode(text);
  EXPECT_EQ(whole.cut, 0);
  const auto size = static_cast<int64_t>(whole.size());
  EXPECT_EQ(tokenizer->encode(text, {size, Long::cut}).cut, 0);
  EXPECT_EQ(tokenizer->encode(text, {size - 1, Long::cut}).cut, 1);
  const Encoding pair = tokenizer->encode_pair(text, text, {9, Long::cut});
  EXPECT_EQ(pair.cut, 2 * (size - 2) - 6);
  EXPECT_EQ(static_cast<int64_t>(pair.size()), 9);
}

TEST_F(Cutting, KeepsTheFirstQuarterAndTheEnd) {
  const Encoding whole = tokenizer->encode(text);
  const Encoding found = tokenizer->encode(text, {10, Long::head_tail});  // 8 pieces: 2 of the head, 6 of the tail
  std::vector<int32_t> expected(whole.ids.begin(), whole.ids.begin() + 3);
  expected.insert(expected.end(), whole.ids.end() - 7, whole.ids.end());
  EXPECT_EQ(found.ids, expected);
  EXPECT_EQ(found.cut, static_cast<int64_t>(whole.size()) - 10);
  EXPECT_EQ(found.offsets[3], whole.offsets[whole.size() - 7]);
}

TEST_F(Cutting, HasRoomForNothingButSpecialTokens) {
  EXPECT_EQ(tokenizer->encode(text, {2}).size(), 2u);
  EXPECT_THROW(tokenizer->encode(text, {1}), Error);
  EXPECT_THROW(tokenizer->encode_pair(text, text, {2}), Error);
}

TEST_F(Cutting, RefusesStridesThatDoNotAdvance) {
  EXPECT_THROW(tokenizer->encode_windows(text, {8, Long::windows, 6}), Error);
  EXPECT_THROW(tokenizer->encode_windows(text, {8, Long::windows, -1}), Error);
  EXPECT_THROW(tokenizer->encode_windows(text, {2, Long::windows, 0}), Error);
  EXPECT_EQ(tokenizer->encode_windows("", {8, Long::windows, 5}).size(), 1u);
  EXPECT_THROW(tokenizer->encode(text, {8, Long::windows, 0}), Error);
  EXPECT_THROW(tokenizer->encode_pair_windows(text, text, {12, Long::windows, 0}), Error);
}

TEST_F(Cutting, WindowsHoldEveryPiece) {
  const Encoding whole = tokenizer->encode(text);
  std::vector<int32_t> seen;
  for (const Encoding& window : tokenizer->encode_windows(text, {6, Long::windows, 0})) {
    EXPECT_LE(window.size(), 6u);
    EXPECT_EQ(window.cut, 0);
    seen.insert(seen.end(), window.ids.begin() + 1, window.ids.end() - 1);
  }
  EXPECT_EQ(seen, std::vector<int32_t>(whole.ids.begin() + 1, whole.ids.end() - 1));
}

}  // namespace
}  // namespace espalier
