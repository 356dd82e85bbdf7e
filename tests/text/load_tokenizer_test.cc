// Folders: roles, limits, saving, and files that cannot be used.
#include <gtest/gtest.h>
#include <unistd.h>

#include "espalier/base/error.h"
#include "espalier/base/files.h"
#include "tests/text/oracle.h"

namespace espalier {
namespace {

using nlohmann::json;

class LoadTokenizer : public ::testing::Test {
 protected:
  LoadTokenizer() : folder(fs::temp_directory_path() / ("espalier_text_" + std::to_string(::getpid()))) {
    fs::remove_all(folder);
    fs::create_directories(folder);
  }
  ~LoadTokenizer() override { fs::remove_all(folder); }

  void put(const std::string& name, const std::string& text) const { write_file(folder / name, text); }
  void put_json(const json& file) const { put("tokenizer.json", file.dump()); }
  json uncased() const { return json::parse(read_file(wordpiece_oracle() / "uncased" / "tokenizer.json")); }
  std::string failure() const {
    try {
      load_tokenizer(folder);
    } catch (const Error& e) {
      EXPECT_NE(e.kind(), ErrorKind::bug);
      return e.what();
    }
    return "";
  }
  void expect_failure(const std::string& part) const { EXPECT_NE(failure().find(part), std::string::npos) << failure(); }

  fs::path folder;
  const std::string vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ncafe\ncafé\nThe\n##s\n中\n";
};

TEST_F(LoadTokenizer, FindsRolesAndLimits) {
  const auto plain = load_tokenizer(wordpiece_oracle() / "uncased");
  EXPECT_EQ(plain->specials().pad, 0);
  EXPECT_EQ(plain->specials().mask, 4);
  EXPECT_FALSE(plain->max_length());
  EXPECT_EQ(plain->overhead(false), 2);
  EXPECT_EQ(plain->overhead(true), 3);
  EXPECT_EQ(plain->id("[SEP]"), 3);
  EXPECT_EQ(plain->token(3), "[SEP]");
  EXPECT_TRUE(plain->is_special(3));
  EXPECT_FALSE(plain->is_special(5));
  EXPECT_EQ(plain->id("no such token"), std::nullopt);
  put("vocab.txt", vocabulary);
  put("tokenizer_config.json", R"({"model_max_length": 512, "cls_token": {"content": "the"}, "mask_token": null})");
  const auto named = load_tokenizer(folder);
  EXPECT_EQ(named->max_length(), 512);
  EXPECT_EQ(named->specials().cls, 5);
  EXPECT_EQ(named->encode("cafe").ids, (std::vector<int32_t>{5, 6, 3}));
  put("tokenizer_config.json", R"({"model_max_length": 1000000000000000019884624838656})");
  EXPECT_FALSE(load_tokenizer(folder)->max_length());
}

TEST_F(LoadTokenizer, ReadsVocabTxtWithItsSettings) {
  put("vocab.txt", vocabulary);
  EXPECT_EQ(load_tokenizer(folder)->encode("The Café[MASK] thes中").ids, (std::vector<int32_t>{2, 5, 6, 4, 5, 9, 10, 3}));
  put("tokenizer_config.json", R"({"do_lower_case": false, "tokenize_chinese_chars": false})");
  EXPECT_EQ(load_tokenizer(folder)->encode("The café thes中").ids, (std::vector<int32_t>{2, 8, 7, 1, 3}));
  put("tokenizer_config.json", R"({"do_lower_case": false, "strip_accents": true})");
  EXPECT_EQ(load_tokenizer(folder)->encode("The café").ids, (std::vector<int32_t>{2, 8, 6, 3}));
  put("tokenizer_config.json",
      R"({"added_tokens_decoder": {"11": {"content": "<new>", "special": false, "normalized": false}}})");
  EXPECT_EQ(load_tokenizer(folder)->encode("the<new>").ids, (std::vector<int32_t>{2, 5, 11, 3}));
  EXPECT_EQ(load_tokenizer(folder)->size(), 12);
  // As `tokenizers` 0.23 does: what is looked for after normalisation is also written out as it stands there.
  put("tokenizer_config.json", R"({"added_tokens_decoder": {"11": {"content": "Näw", "special": false, "normalized": true}}})");
  EXPECT_EQ(load_tokenizer(folder)->decode(std::vector<int32_t>{5, 11}), "the naw");
}

TEST_F(LoadTokenizer, SavesItsFilesByteForByte) {
  put("vocab.txt", vocabulary);
  put("tokenizer_config.json", "{ \"do_lower_case\" :true}");
  put("unrelated.txt", "x");
  load_tokenizer(folder)->save(folder / "copy");
  EXPECT_EQ(read_file(folder / "copy" / "vocab.txt"), vocabulary);
  EXPECT_EQ(read_file(folder / "copy" / "tokenizer_config.json"), "{ \"do_lower_case\" :true}");
  EXPECT_FALSE(fs::exists(folder / "copy" / "unrelated.txt"));
}

TEST_F(LoadTokenizer, RefusesVocabulariesThatCannotBeUsed) {
  expect_failure("no tokenizer.json, no vocab.txt, no vocab.json and no spiece.model");
  put("sentencepiece.bpe.model", "");
  expect_failure("found sentencepiece.bpe.model, which is not built");
  put("vocab.txt", "");
  expect_failure("the vocabulary is empty");
  put("vocab.txt", "a\nb\n");
  expect_failure("'[UNK]' is not in the vocabulary");
  put("vocab.txt", "[UNK]\na\na\n");
  expect_failure("'a' is given twice, as 1 and 2");
  put("vocab.txt", "[UNK]\n[CLS]\n");
  expect_failure("sep_token '[SEP]' is not in the vocabulary");
  put("vocab.txt", "[UNK]\n\xff\n");
  expect_failure("not valid UTF-8");
}

// A table has a row an id: a few bytes must not ask for gigabytes.
TEST_F(LoadTokenizer, RefusesIdsThatNoVocabularyReaches) {
  put("vocab.json", R"({"<unk>": 0, "a": 39999991})");
  put("merges.txt", "#version: 0.2\n");
  put("tokenizer_config.json", R"({"tokenizer_class": "GPT2Tokenizer", "unk_token": "<unk>"})");
  expect_failure("token 'a' has id 39999991; expected 0 to 4194304");
}

TEST_F(LoadTokenizer, RefusesUnknownPartsByName) {
  const std::pair<const char*, const char*> kParts[] = {
      {"normalizer", R"({"type": "Nmt"})"},       {"pre_tokenizer", R"({"type": "UnicodeScripts"})"},
      {"post_processor", R"({"type": "Magic"})"}, {"decoder", R"({"type": "CTC"})"},
      {"model", R"({"type": "WordLevel"})"},
  };
  for (const auto& [section, part] : kParts) {
    json file = uncased();
    file[section] = json::parse(part);
    put_json(file);
    const std::string found = failure();
    EXPECT_NE(found.find(fmt::format("the {} \"{}\" is not built", section, json::parse(part)["type"].get<std::string>())),
              std::string::npos)
        << found;
    EXPECT_NE(found.find("built: "), std::string::npos) << found;
  }
  json file = uncased();
  file["normalizer"] = {{"type", "Sequence"},
                        {"normalizers", {{{"type", "Replace"}, {"pattern", {{"Regex", "a+"}}}, {"content", ""}}}}};
  put_json(file);
  expect_failure("with the regular expression a+ is not built");
}

TEST_F(LoadTokenizer, RefusesBrokenFiles) {
  put("tokenizer.json", "{\"model\": ");
  expect_failure("not valid JSON");
  put("tokenizer.json", "[]");
  expect_failure("expected an object");
  const std::pair<const char*, json> kBroken[] = {
      {"/model/vocab", {{"[UNK]", 0}, {"a", 0}}},
      {"/model/vocab", {{"[UNK]", -1}}},
      {"/model/vocab", {{"[UNK]", 4294967296}}},
      {"/model/vocab", {{"[UNK]", 2000000000}}},
      {"/model/vocab", json::array()},
      {"/model/unk_token", "[NONE]"},
      {"/model/max_input_chars_per_word", "many"},
      {"/normalizer/lowercase", "yes"},
      {"/normalizer", 3},
      {"/pre_tokenizer", {{"type", "Split"}, {"pattern", {{"String", ""}}}, {"behavior", "Isolated"}}},
      {"/pre_tokenizer", {{"type", "Punctuation"}, {"behavior", "Isolate"}}},
      {"/post_processor/single/0", {{"SpecialToken", {{"id", "[CLS2]"}, {"type_id", 0}}}}},
      {"/post_processor/special_tokens/[CLS]/ids/0", 123456},
      {"/post_processor/single/1/Sequence/id", "C"},
      {"/added_tokens/0/id", 7},
      {"/added_tokens", "none"},
  };
  for (const auto& [pointer, value] : kBroken) {
    json file = uncased();
    file[json::json_pointer(pointer)] = value;
    put_json(file);
    EXPECT_NE(failure(), "") << pointer << " " << value;
  }
  put_json(uncased());
  EXPECT_EQ(failure(), "");
  put("tokenizer_config.json", R"({"model_max_length": 0})");
  expect_failure("model_max_length");
}

TEST_F(LoadTokenizer, RefusesIdsOutsideTheVocabulary) {
  const auto tokenizer = load_tokenizer(wordpiece_oracle() / "uncased");
  EXPECT_THROW(tokenizer->token(-1), Error);
  EXPECT_THROW(tokenizer->token(static_cast<int32_t>(tokenizer->size())), Error);
  EXPECT_THROW(tokenizer->decode(std::vector<int32_t>{3, 1 << 30}), Error);
}

}  // namespace
}  // namespace espalier
