#include "espalier/data/collate.h"

#include "espalier/nn/tensor.h"
#include "tests/data/words.h"

namespace espalier {
namespace {

using Longs = std::vector<int64_t>;

Longs longs(const Tensor& t) { return {t.data_ptr<int64_t>(), t.data_ptr<int64_t>() + t.numel()}; }

Example example(std::vector<int32_t> ids, int64_t label, int64_t index) {
  Example out;
  out.text.ids = std::move(ids);
  out.label = label;
  out.index = index;
  return out;
}

class Collate : public testing::Test {
 protected:
  Collator collator(TaskKind kind, uint64_t seed = 1) {
    Task task;
    task.kind = kind;
    return {task, *tokenizer, seed};
  }
  std::unique_ptr<Tokenizer> tokenizer = test::tiny_tokenizer();
};

TEST_F(Collate, packs_rows_by_length_and_keeps_ties_in_order) {
  std::vector<Example> examples{example({1, 2, 3}, 1, 10), example({4}, 0, 11), example({5, 6, 7}, 0, 12)};
  examples[2].text.segments = {0, 1, 1};
  const Batch batch = collator(TaskKind::classify)(examples);
  EXPECT_EQ(longs(batch.ids), (Longs{4, 1, 2, 3, 5, 6, 7}));
  EXPECT_EQ(longs(batch.segments), (Longs{0, 0, 0, 0, 0, 1, 1}));
  EXPECT_EQ(longs(batch.classes), (Longs{0, 1, 0}));
  EXPECT_EQ(batch.frame->offsets, (Longs{0, 1, 4, 7}));
  EXPECT_EQ(batch.frame->groups().size(), 2U);
  EXPECT_EQ(batch.examples, (Longs{11, 10, 12}));
  EXPECT_FALSE(batch.values.defined() || batch.tokens.defined() || batch.pairs.defined() || batch.multi_hot.defined());
}

TEST_F(Collate, texts_to_write_have_a_frame_of_their_own) {
  std::vector<Example> examples{example({1, 2, 3}, -100, 10), example({4}, -100, 11), example({5, 6, 7}, -100, 12)};
  examples[0].other.ids = {8, 9};
  examples[1].other.ids = {10, 11, 12};
  examples[2].other.ids = {13};
  const Batch batch = collator(TaskKind::seq2seq)(examples);
  EXPECT_EQ(batch.examples, (Longs{11, 12, 10}));  // by source, then by target
  EXPECT_EQ(longs(batch.ids), (Longs{4, 5, 6, 7, 1, 2, 3}));
  EXPECT_EQ(batch.frame->offsets, (Longs{0, 1, 4, 7}));
  EXPECT_EQ(longs(batch.tokens), (Longs{10, 11, 12, 13, 8, 9}));
  ASSERT_NE(batch.target_frame, nullptr);
  EXPECT_EQ(batch.target_frame->offsets, (Longs{0, 3, 4, 6}));
  EXPECT_EQ(longs(batch.target_frame->positions), (Longs{0, 1, 2, 0, 0, 1}));
  EXPECT_FALSE(batch.target.defined());
  examples[1].other.ids.clear();
  EXPECT_EQ(collator(TaskKind::seq2seq)(examples).target_frame, nullptr);
}

TEST_F(Collate, has_no_targets_where_examples_have_none) {
  const std::vector<Example> examples{example({1}, -100, 0)};
  EXPECT_FALSE(collator(TaskKind::classify)(examples).classes.defined());
}

TEST_F(Collate, values_and_tokens_follow_their_examples) {
  std::vector<Example> examples{example({1, 2}, -100, 0), example({3}, -100, 1)};
  examples[0].values = {0.5F, 1};
  examples[1].values = {2, 3};
  const Batch values = collator(TaskKind::regress)(examples);
  EXPECT_TRUE(at::equal(values.values, at::tensor({2.0F, 3.0F, 0.5F, 1.0F}).view({2, 2})));
  EXPECT_TRUE(collator(TaskKind::multi_label)(examples).multi_hot.defined());
  examples[0].values.clear();
  examples[1].values.clear();
  examples[0].tokens = {-100, 4};
  examples[1].tokens = {6};
  EXPECT_EQ(longs(collator(TaskKind::tokens)(examples).tokens), (Longs{6, -100, 4}));
}

TEST_F(Collate, similarity_names_the_two_sequences_of_each_example) {
  std::vector<Example> examples{example({1, 1, 1}, -100, 0), example({2, 2}, -100, 1)};
  examples[0].other.ids = {3};
  examples[1].other.ids = {4, 4, 4, 4};
  examples[0].values = {0.1F};
  examples[1].values = {0.2F};
  const Batch batch = collator(TaskKind::similarity)(examples);
  EXPECT_EQ(batch.size(), 2);
  EXPECT_EQ(batch.frame->examples(), 4);
  for (int64_t b = 0; b < 2; ++b) {
    const Example& e = examples[size_t(batch.examples[size_t(b)])];
    for (int64_t which = 0; which < 2; ++which) {
      const Sequence& sequence = which == 0 ? e.text : e.other;
      const int64_t s = batch.pairs[b][which].item<int64_t>();
      EXPECT_EQ(batch.frame->length(s), sequence.size());
      EXPECT_EQ(batch.ids[batch.frame->offsets[size_t(s)]].item<int64_t>(), sequence.ids[0]);
    }
  }
}

TEST_F(Collate, masks_are_a_function_of_seed_epoch_and_example) {
  std::vector<Example> examples;
  for (int64_t i = 0; i < 200; ++i) {
    std::vector<int32_t> ids(102, 5);
    ids.front() = 2;
    ids.back() = 3;
    examples.push_back(example(ids, -100, i));
  }
  const Collator collate = collator(TaskKind::masked_lm);
  const Batch all = collate(examples, 3);
  const Longs ids = longs(all.ids), targets = longs(all.tokens);
  double guessed = 0, masked = 0, same = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (targets[i] == -100) {
      EXPECT_EQ(ids[i], i % 102 == 0 ? 2 : i % 102 == 101 ? 3 : 5);
      continue;
    }
    ASSERT_EQ(targets[i], 5);
    ++guessed;
    masked += ids[i] == 4;
    same += ids[i] == 5;
  }
  // binomial: three standard deviations of 15 % of 20,000, of 80 % and of 10 % + 10 % / 26 of 3,000
  EXPECT_NEAR(guessed / 20000, 0.15, 0.0076);
  EXPECT_NEAR(masked / guessed, 0.8, 0.022);
  EXPECT_NEAR(same / guessed, 0.1 + 0.1 / 26, 0.017);

  const Batch one = collate(std::span(examples).subspan(7, 1), 3);
  EXPECT_EQ(longs(one.ids), Longs(ids.begin() + 7 * 102, ids.begin() + 8 * 102));
  EXPECT_NE(longs(collate(examples, 4).ids), ids);
  EXPECT_NE(longs(collator(TaskKind::masked_lm, 2)(examples, 3).ids), ids);
}

TEST(CutByTokens, bounds_rows_and_lets_a_long_example_stand_alone) {
  std::vector<Example> examples;
  for (const size_t length : {3, 9, 2, 4, 1}) examples.push_back(example(std::vector<int32_t>(length, 1), 0, 0));
  const auto runs = cut_runs(examples, {0, 1, 2, 3, 4}, 6);
  EXPECT_EQ(runs, (std::vector<Longs>{{4, 2, 0}, {3}, {1}}));
  EXPECT_EQ(cut_runs(examples, {0, 1, 2, 3, 4}, 0).size(), 1U);
  const auto twos = cut_runs(examples, {0, 1, 2, 3, 4}, 0, 2);
  ASSERT_EQ(twos.size(), 3U);
  EXPECT_EQ(twos[0].size(), 2U);
  EXPECT_EQ(twos[2].size(), 1U);
}

}  // namespace
}  // namespace espalier
