// Unigram: equal to the `tokenizers` library and to transformers' loading of spiece.model on hard texts, and files that cannot be
// used.
#include <gtest/gtest.h>

#include "espalier/base/error.h"
#include "espalier/base/files.h"
#include "espalier/text/char_map.h"
#include "espalier/text/grapheme.h"
#include "espalier/text/sentencepiece_file.h"
#include "espalier/text/token_model.h"
#include "espalier/text/tokenizer.h"
#include "tests/support/files.h"
#include "tests/text/digests.h"

namespace espalier {
namespace {

fs::path unigram_oracle() { return fs::path(ESPALIER_TESTS_DIR) / "oracle" / "unigram"; }

TEST(Unigram, EqualsTheLibrary) {
  expect_digests("unigram",
                 {"t5", "newer", "albert", "bytes", "spiece_t5", "spiece_albert", "spiece_albertcased", "spiece_xlnet"});
}

std::vector<Piece> pieces_of(const TokenModel& model, const std::string& word) {
  std::vector<Piece> pieces;
  model.tokenize(word, pieces);
  return pieces;
}

std::vector<int32_t> ids(const TokenModel& model, const std::string& word) {
  std::vector<int32_t> found;
  for (const Piece& piece : pieces_of(model, word)) found.push_back(piece.id);
  return found;
}

// The scores of the library's own example.
TEST(Unigram, TakesTheTokensWithTheLargestSum) {
  const auto model = make_unigram(
      {{"<unk>", 0}, {"a", 0}, {"b", 0}, {"c", 0}, {"d", 0}, {"cd", 1}, {"ab", 2}, {"abc", 5}, {"abcd", 10}}, {.unk_id = 0}, "");
  for (int i = 0; i < 2; ++i) {  // the second time from the cache
    EXPECT_EQ(ids(*model, "abcdacdxx"), (std::vector<int32_t>{8, 1, 5, 0}));
    EXPECT_EQ(pieces_of(*model, "abcdacdxx").back().range, (Span{7, 9}));
    EXPECT_EQ(ids(*model, "abcab"), (std::vector<int32_t>{7, 6}));
  }
}

TEST(Unigram, RefusesVocabulariesThatCannotBeUsed) {
  EXPECT_THROW(make_unigram({}, {}, ""), Error);
  EXPECT_THROW(make_unigram({{"a", 0}, {"a", 1}}, {}, ""), Error);
  EXPECT_THROW(make_unigram({{"a", std::numeric_limits<double>::quiet_NaN()}}, {}, ""), Error);
  EXPECT_THROW(make_unigram({{"a", 0}}, {.unk_id = 1}, ""), Error);
  const auto model = make_unigram({{"a", 0}}, {}, "");
  EXPECT_EQ(ids(*model, "aa"), (std::vector<int32_t>{0, 0}));
  EXPECT_THROW(ids(*model, "b"), Error);
}

std::vector<size_t> clusters(const std::string& text) {
  std::vector<size_t> ends;
  for (size_t at = 0; at < text.size();) ends.push_back(at = grapheme_end(text, at));
  return ends;
}

TEST(Grapheme, EndsWhereTheStandardSays) {
  using Ends = std::vector<size_t>;
  EXPECT_EQ(clusters("a\r\nb"), (Ends{1, 3, 4}));
  EXPECT_EQ(clusters("e\u0301\u200dx"), (Ends{6, 7}));
  EXPECT_EQ(clusters("\u1100\u1161\u11a8\u1100"), (Ends{9, 12}));
  EXPECT_EQ(clusters("\uac00\u11a8\uac01\u1161"), (Ends{6, 9, 12}));
  EXPECT_EQ(clusters("\U0001f1e9\U0001f1ea\U0001f1eb"), (Ends{8, 12}));
  EXPECT_EQ(clusters("\U0001f469\u200d\U0001f469a\u200d\U0001f469"), (Ends{11, 15, 19}));
  EXPECT_EQ(clusters("\u0915\u094d\u0937\u0915\u0937"), (Ends{9, 12, 15}));
  EXPECT_EQ(clusters("\u0600a\n\u0301"), (Ends{3, 4, 6}));
}

TEST(SpieceModel, KnowsItsFamilyAndRoles) {
  const auto t5 = load_tokenizer(unigram_oracle() / "spiece_t5"), albert = load_tokenizer(unigram_oracle() / "spiece_albert");
  EXPECT_EQ(t5->specials().pad, 0);
  EXPECT_EQ(t5->specials().eos, 1);
  EXPECT_FALSE(t5->specials().cls || t5->specials().sep);
  EXPECT_EQ(t5->id("<extra_id_0>"), t5->size() - 1);
  EXPECT_TRUE(t5->is_special(static_cast<int32_t>(t5->size()) - 3));
  EXPECT_EQ(t5->encode_pair("", "").ids, (std::vector<int32_t>{1, 1}));
  EXPECT_EQ(albert->specials().cls, 2);
  EXPECT_EQ(albert->specials().mask, 4);
  EXPECT_EQ(albert->encode_pair("", "").segments, (std::vector<int32_t>{0, 0, 1}));
  const auto xlnet = load_tokenizer(unigram_oracle() / "spiece_xlnet");
  EXPECT_EQ(xlnet->encode("").ids, (std::vector<int32_t>{*xlnet->specials().sep, *xlnet->specials().cls}));
  for (const char* name : {"spiece_t5", "spiece_albert", "spiece_xlnet"}) {  // by config.json, and by the pieces alone
    const support::TemporaryFolder folder;
    folder.write("spiece.model", read_file(unigram_oracle() / name / "spiece.model"));
    const auto named = load_tokenizer(unigram_oracle() / name);
    EXPECT_EQ(load_tokenizer(folder.path())->encode("A (small) text").ids, named->encode("A (small) text").ids) << name;
    folder.write("config.json", R"({"model_type": "albert"})");
    if (std::string(name) == "spiece_albert") {
      EXPECT_EQ(load_tokenizer(folder.path())->encode("A").ids, named->encode("A").ids);
    } else {
      EXPECT_THROW(load_tokenizer(folder.path()), Error) << name;  // no [CLS]
    }
  }
}

std::string failure(const support::TemporaryFolder& folder) {
  try {
    load_tokenizer(folder.path());
  } catch (const Error& e) {
    EXPECT_NE(e.kind(), ErrorKind::bug);
    return e.what();
  }
  return "";
}

TEST(SpieceModel, RefusesWhatIsNotBuiltByName) {
  const std::string model = read_file(unigram_oracle() / "spiece_t5" / "spiece.model");
  const std::pair<std::string, const char*> kSettings[] = {
      {{'\x12', 2, '\x18', 2}, "model_type 2"},
      {{'\x12', 3, '\x98', 2, 1}, "byte_fallback"},
      {{'\x12', 3, '\xc0', 1, 1}, "treat_whitespace_as_suffix"},
      {{'\x1a', 2, '\x18', 0}, "add_dummy_prefix off"},
      {{'\x1a', 2, '\x20', 0}, "remove_extra_whitespaces off"},
      {{'\x1a', 2, '\x28', 0}, "escape_whitespaces off"},
  };
  const support::TemporaryFolder folder;
  folder.write("config.json", R"({"model_type": "t5"})");
  for (const auto& [bytes, what] : kSettings) {
    folder.write("spiece.model", model + bytes);
    EXPECT_NE(failure(folder).find(what), std::string::npos) << what << ": " << failure(folder);
  }
  folder.write("spiece.model", model);
  EXPECT_EQ(failure(folder), "");
  folder.write("tokenizer_config.json", R"({"tokenizer_class": "PegasusTokenizer"})");
  EXPECT_NE(failure(folder).find("\"PegasusTokenizer\" is not built"), std::string::npos);
  folder.write("tokenizer_config.json", R"({"extra_ids": -1})");
  EXPECT_NE(failure(folder).find("extra_ids"), std::string::npos);
}

TEST(SpieceModel, IsReadToItsEndOrRefused) {
  const std::string model = read_file(unigram_oracle() / "spiece_t5" / "spiece.model");
  EXPECT_EQ(read_sentencepiece(model, "").unk_id, 2);
  size_t refused = 0;
  for (size_t size = 0; size < model.size(); ++size) {  // cut anywhere: a whole number of fields, or an Error
    try {
      read_sentencepiece(std::string_view(model).substr(0, size), "");
    } catch (const Error& e) {
      ++refused;
      EXPECT_EQ(e.kind(), ErrorKind::data);
    }
  }
  EXPECT_GT(refused, model.size() / 2);
  for (const char* bytes : {"\x0a\x05"
                            "a",
                            "\x0b", "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "\x0a\x03\x0a\x01\xff", "\x08\x01"}) {
    EXPECT_THROW(read_sentencepiece(bytes, ""), Error);
  }
}

TEST(CharMap, RefusesBytesThatAreNone) {
  EXPECT_THROW(CharMap("", ""), Error);
  EXPECT_THROW(CharMap(std::string("\x08\0\0\0abcd", 8), ""), Error);
  EXPECT_THROW(CharMap(std::string("\x04\0\0\0abcd\xff", 9), ""), Error);
  EXPECT_EQ(decode_base64("YWI=", ""), "ab");
  EXPECT_EQ(decode_base64("YWJj", ""), "abc");
  EXPECT_EQ(decode_base64("", ""), "");
  for (const char* text : {"YWI", "YW=I", "Y===", "YW!="}) EXPECT_THROW(decode_base64(text, ""), Error) << text;
}

}  // namespace
}  // namespace espalier
