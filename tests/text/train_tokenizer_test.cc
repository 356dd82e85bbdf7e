// Vocabularies learned from texts: equal to the `tokenizers` library's, written so that they are read again, and what is refused.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/text/tokenizer.h"
#include "espalier/text/train_bpe.h"
#include "espalier/text/train_wordpiece.h"
#include "tests/support/files.h"

namespace espalier {
namespace {

using nlohmann::json;
using support::TemporaryFolder;

std::vector<json> cases() {
  std::vector<json> cases;
  const std::string text = read_file(fs::path(ESPALIER_TESTS_DIR) / "oracle" / "train_tokenizer" / "cases.jsonl");
  for (const std::string& line : split(text, '\n')) {
    if (!line.empty()) cases.push_back(json::parse(line));
  }
  return cases;
}

WordPieceTraining wordpiece_of(const json& options) {
  WordPieceTraining training;
  training.vocabulary.size = options.at("size");
  training.vocabulary.min_frequency = options.at("least");
  training.vocabulary.limit_alphabet = options.value("limit", 0);
  training.lowercase = options.value("lowercase", true);
  return training;
}

BpeTraining bpe_of(const json& options) {
  const std::string kind = options.at("kind");
  return {.style = kind == "gpt2"      ? BpeStyle::gpt2
                   : kind == "roberta" ? BpeStyle::roberta
                                       : BpeStyle::t5,
          .size = options.at("size"),
          .min_frequency = options.at("least")};
}

/// What is learned from the case's texts, written to `folder` too.
LearnedVocabulary learn(const json& options, const fs::path& folder) {
  const auto train = [&](auto trainer) {
    for (const std::string text : options.at("texts")) trainer.add(text);
    return trainer.train();
  };
  if (options.at("kind") == "wordpiece") {
    const WordPieceTraining training = wordpiece_of(options);
    LearnedVocabulary learned = train(WordPieceTrainer(training));
    write_wordpiece(learned, training, folder, 64);
    return learned;
  }
  const BpeTraining training = bpe_of(options);
  LearnedVocabulary learned = train(BpeTrainer(training));
  write_bpe(learned, training, folder, 64);
  return learned;
}

TEST(TrainTokenizer, EqualsTheLibrary) {
  ASSERT_GE(cases().size(), 7U);
  for (const json& one : cases()) {
    SCOPED_TRACE(one.at("kind").get<std::string>() + " " + one.at("size").dump());
    const TemporaryFolder folder;
    const LearnedVocabulary learned = learn(one, folder.path());
    EXPECT_EQ(json(learned.tokens), one.at("tokens"));
    if (one.at("kind") != "wordpiece") {
      EXPECT_EQ(json(learned.merges), one.at("merges"));
    }
  }
}

TEST(TrainTokenizer, WhatIsWrittenIsRead) {
  for (const json& one : cases()) {
    SCOPED_TRACE(one.at("kind").get<std::string>() + " " + one.at("size").dump());
    const TemporaryFolder folder;
    const LearnedVocabulary learned = learn(one, folder.path());
    const auto tokenizer = load_tokenizer(folder.path());
    EXPECT_EQ(tokenizer->size(), int64_t(learned.tokens.size()));
    EXPECT_EQ(tokenizer->max_length(), 64);
    const std::string text = one.at("texts").at(0);
    const Encoding encoding = tokenizer->encode(text);
    const std::string kind = one.at("kind");
    EXPECT_EQ(tokenizer->overhead(false), kind == "gpt2" ? 0 : kind == "t5" ? 1 : 2);
    EXPECT_EQ(tokenizer->specials().mask.has_value(), kind == "wordpiece" || kind == "roberta");
    // Of bytes nothing is lost.
    if (kind != "wordpiece") {
      EXPECT_EQ(tokenizer->decode(encoding.ids), text);
    }
    if (kind == "t5") {
      EXPECT_EQ(tokenizer->encode("<extra_id_0>").ids[0], tokenizer->size() - 1);
      continue;
    }
    // The old files alone give the same.
    fs::remove(folder.path() / "tokenizer.json");
    EXPECT_EQ(load_tokenizer(folder.path())->encode(text).ids, encoding.ids);
  }
}

TEST(TrainTokenizer, CountsWords) {
  WordCounts words;
  for (int i = 0; i < 5000; ++i) words.add(std::to_string(i % 1000));
  words.add("", 3);
  ASSERT_EQ(words.size(), 1001U);
  EXPECT_EQ(words.word(7), "7");
  EXPECT_EQ(words.count(7), 5);
  EXPECT_EQ(words.word(1000), "");
  EXPECT_EQ(words.count(1000), 3);
}

TEST(TrainTokenizer, FewWordsEndBeforeTheSize) {
  BpeTrainer trainer({.size = 1000, .min_frequency = 2});
  trainer.add("ab ab abc");
  // One special token, 256 bytes, "Ġab" by two merges; "abc" occurs once.
  EXPECT_EQ(trainer.train().tokens.size(), 1U + 256 + 2);
}

TEST(TrainTokenizer, NoTextGivesTheBytesAlone) { EXPECT_EQ(BpeTrainer(BpeTraining{}).train().tokens.size(), 257U); }

TEST(TrainTokenizer, RefusesAVocabularyBelowItsCharacters) {
  try {
    BpeTrainer({.size = 100}).train();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_NE(std::string(error.what()).find("a vocabulary of 100 has no room for 1 special tokens and 256 characters"),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace espalier
