// Language modelling: rows one behind the other in runs of one length, the target of each piece the one behind it.
#include <gtest/gtest.h>

#include "espalier/data/collate.h"
#include "espalier/nn/tensor.h"
#include "tests/data/words.h"

namespace espalier::test {
namespace {

Task language_task(int64_t length) {
  Task task;
  task.kind = TaskKind::causal_lm;
  task.text = {"0"};
  task.limit.max_length = length;
  return task;
}

std::vector<Ids> runs(const std::vector<Example>& examples) {
  std::vector<Ids> ids;
  for (const Example& example : examples) ids.push_back(example.text.ids);
  return ids;
}

TEST(PackedExamples, FillRunsAcrossRows) {
  const support::TemporaryFolder folder;
  const std::string path = folder.write("text.txt", "a b c\nd\n\ne f good bad\na\n").string();
  const auto tokenizer = tiny_tokenizer();
  const auto examples = read_all(language_task(4), path, *tokenizer);
  // No [CLS], no [SEP]; the last run is what is left.
  EXPECT_EQ(runs(examples), (std::vector<Ids>{{5, 6, 7, 8}, {9, 10, 11, 12}}));
  EXPECT_EQ(examples[1].index, 1);
  const auto longer = read_all(language_task(6), path, *tokenizer);
  EXPECT_EQ(runs(longer), (std::vector<Ids>{{5, 6, 7, 8, 9, 10}, {11, 12, 5}}));
}

TEST(PackedExamples, SkipPassesOverWholeRuns) {
  const support::TemporaryFolder folder;
  const std::string path = folder.write("text.txt", "a b c d e\nf good bad film\n").string();
  const auto tokenizer = tiny_tokenizer();
  const auto reader = open_examples(language_task(3), path, *tokenizer);
  ASSERT_TRUE(reader->skip());
  Example example;
  ASSERT_TRUE(reader->next(example));
  EXPECT_EQ(example.text.ids, (Ids{8, 9, 10}));
  EXPECT_EQ(reader->counts().examples, 2);
  ASSERT_TRUE(reader->next(example));
  EXPECT_FALSE(reader->next(example));
  EXPECT_FALSE(reader->skip());
}

TEST(PackedExamples, HeldOutRowsAreLeftOutBeforePacking) {
  const support::TemporaryFolder folder;
  const std::string path = folder.write("text.txt", "a b\nc d\ne f\n").string();
  const auto tokenizer = tiny_tokenizer();
  ReadOptions options;
  options.rows = std::make_shared<const std::vector<bool>>(std::vector<bool>{false, true, false});
  options.rows_value = false;
  EXPECT_EQ(runs(read_all(language_task(8), path, *tokenizer, options)), (std::vector<Ids>{{5, 6, 9, 10}}));
}

TEST(PackedExamples, TargetsAreThePiecesBehind) {
  const support::TemporaryFolder folder;
  const std::string path = folder.write("text.txt", "a b c d e f good\n").string();
  const auto tokenizer = tiny_tokenizer();
  const Task task = language_task(4);
  const auto examples = read_all(task, path, *tokenizer);
  const Batch batch = Collator(task, *tokenizer, 1)(examples);
  // Shorter runs first.
  EXPECT_TRUE(batch.ids.equal(at::tensor({9, 10, 11, 5, 6, 7, 8}, at::kLong)));
  EXPECT_TRUE(batch.tokens.equal(at::tensor({10, 11, -100, 6, 7, 8, -100}, at::kLong)));
}

}  // namespace
}  // namespace espalier::test
