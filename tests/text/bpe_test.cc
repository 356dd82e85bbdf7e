// Byte-level BPE: equal to the `tokenizers` library on hard texts, the old files, and files that cannot be used.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "espalier/base/error.h"
#include "espalier/base/files.h"
#include "espalier/text/text_pattern.h"
#include "espalier/text/token_model.h"
#include "espalier/text/tokenizer.h"
#include "tests/support/files.h"
#include "tests/text/digests.h"

namespace espalier {
namespace {

fs::path bpe_oracle() { return fs::path(ESPALIER_TESTS_DIR) / "oracle" / "bpe"; }

TEST(Bpe, EqualsTheLibrary) { expect_digests("bpe", {"gpt2", "roberta", "spaced", "holes", "unknown", "clip"}); }

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
