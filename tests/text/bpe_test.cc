// Byte-level BPE: equal to the `tokenizers` library on hard texts, the old files, and files that cannot be used.
#include <gtest/gtest.h>

#include "espalier/base/error.h"
#include "espalier/text/text_pattern.h"
#include "espalier/text/token_model.h"
#include "tests/support/files.h"
#include "tests/text/oracle.h"

namespace espalier {
namespace {

fs::path bpe_oracle() { return fs::path(ESPALIER_TESTS_DIR) / "oracle" / "bpe"; }

std::string unpacked(const nlohmann::json& text) {
  if (text.is_string()) return text;
  std::string whole;
  for (int i = 0; i < text[1].get<int>(); ++i) whole += text[0].get<std::string>();
  return whole;
}

TEST(Bpe, EqualsTheLibrary) {
  std::ifstream file(bpe_oracle() / "torture.jsonl");
  ASSERT_TRUE(file) << "python tools/oracle/make_bpe.py tests/oracle/bpe";
  std::map<std::string, std::unique_ptr<Tokenizer>> tokenizers;
  int compared = 0;
  for (std::string text; std::getline(file, text); ++compared) {
    const nlohmann::json line = nlohmann::json::parse(text);
    auto& tokenizer = tokenizers[line["tokenizer"]];
    if (!tokenizer) tokenizer = load_tokenizer(bpe_oracle() / line["tokenizer"].get<std::string>());
    const Encoding found = tokenizer->encode(unpacked(line["text"]));
    EXPECT_EQ(as_record(found, line), line) << line["tokenizer"] << " " << line["text"].dump().substr(0, 200);
    if (line.contains("decoded")) {
      EXPECT_EQ(tokenizer->decode(found.ids), line["decoded"]) << line["tokenizer"];
    }
  }
  EXPECT_GT(compared, 400);
  EXPECT_EQ(tokenizers.size(), 6u);
}

std::vector<std::string> matches(const std::string& text) {
  std::vector<std::string> found;
  for (size_t at = 0; at < text.size();) {
    const size_t end = match_gpt2(text, at);
    found.push_back(text.substr(at, end - at));
    at = end;
  }
  return found;
}

TEST(Gpt2Pattern, CutsAsItsAuthorsDo) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(matches("Hello  world's 3rd"), (Words{"Hello", " ", " world", "'s", " 3", "rd"}));
  EXPECT_EQ(matches("a\n\n b \n"), (Words{"a", "\n\n", " b", " \n"}));
  EXPECT_EQ(matches("we'll '' 'S"), (Words{"we", "'ll", " ''", " '", "S"}));
  EXPECT_EQ(matches("\xE3\x80\x80x\xC2\xBD!"), (Words{"\xE3\x80\x80", "x", "\xC2\xBD", "!"}));
}

std::vector<int32_t> ids(const TokenModel& model, const std::string& word) {
  std::vector<Piece> pieces;
  model.tokenize(word, pieces);
  std::vector<int32_t> found;
  for (const Piece& piece : pieces) found.push_back(piece.id);
  return found;
}

TEST(Bpe, MergesTheEarliestPairFirstInShortAndLongWords) {
  const auto model =
      make_bpe({{"a", 0}, {"b", 1}, {"ab", 2}, {"aab", 3}, {"aa", 4}}, {{"a", "b"}, {"a", "a"}, {"a", "ab"}}, {}, "");
  EXPECT_EQ(ids(*model, "aab"), (std::vector<int32_t>{3}));
  EXPECT_EQ(ids(*model, "aaaab"), (std::vector<int32_t>{4, 3}));
  EXPECT_EQ(ids(*model, "aaaaxb"), (std::vector<int32_t>{4, 3}));  // no unknown token: left out
  EXPECT_EQ(ids(*model, std::string(101, 'a') + "b"), [] {
    std::vector<int32_t> long_word(50, 4);
    long_word.push_back(2);
    return long_word;
  }());
  EXPECT_EQ(ids(*model, "aab"), (std::vector<int32_t>{3}));  // from the cache
}

TEST(Bpe, RefusesMergesOutsideTheVocabulary) {
  EXPECT_THROW(make_bpe({{"a", 0}, {"b", 1}}, {{"a", "b"}}, {}, ""), Error);
  EXPECT_THROW(make_bpe({{"a", 0}, {"ab", 1}}, {{"a", "b"}}, {}, ""), Error);
  EXPECT_THROW(make_bpe({{"a", 0}}, {}, {.unk_token = "<unk>"}, ""), Error);
  EXPECT_THROW(make_bpe({}, {}, {}, ""), Error);
}

TEST(Bpe, ReadsTheOldFilesAsTheNewOne) {
  for (const char* name : {"gpt2", "roberta", "clip"}) {
    const support::TemporaryFolder folder;
    const nlohmann::json file = nlohmann::json::parse(read_file(bpe_oracle() / name / "tokenizer.json"));
    std::string merges = "#version: 0.2\n";
    for (const auto& pair : file["model"]["merges"])
      merges += pair[0].get<std::string>() + " " + pair[1].get<std::string>() + "\n";
    folder.write("vocab.json", file["model"]["vocab"].dump());
    folder.write("merges.txt", merges);
    folder.write("tokenizer_config.json", std::string(name) == "clip" ? R"({"tokenizer_class": "CLIPTokenizer"})" : "{}");
    const auto old = load_tokenizer(folder.path()), whole = load_tokenizer(bpe_oracle() / name);
    for (const char* text : {"The quick  brown fox doesn't <mask> 42 naïve 中文", " a", "", "<|endoftext|>x"}) {
      const Encoding a = old->encode(text), b = whole->encode(text);
      EXPECT_EQ(a.ids, b.ids) << name << text;
      EXPECT_EQ(a.offsets, b.offsets) << name << text;
      EXPECT_EQ(old->decode(a.ids), whole->decode(b.ids));
    }
  }
}

}  // namespace
}  // namespace espalier
