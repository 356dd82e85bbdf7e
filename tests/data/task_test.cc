#include "espalier/data/task.h"

#include "tests/data/words.h"

namespace espalier {
namespace {

using support::expect_error;
using Names = std::vector<std::string>;

TEST(Task, numbers_sort_by_value_and_names_by_bytes) {
  Names numbers{"10", "9", "-1", "2.5"}, names{"10", "9", "b", "A"};
  sort_labels(numbers);
  sort_labels(names);
  EXPECT_EQ(numbers, (Names{"-1", "2.5", "9", "10"}));
  EXPECT_EQ(names, (Names{"10", "9", "A", "b"}));
}

TEST(Task, kinds_by_their_usual_names) {
  EXPECT_EQ(parse_kind("regression"), TaskKind::regress);
  EXPECT_EQ(parse_kind("multi-label"), TaskKind::multi_label);
  EXPECT_EQ(parse_kind("classification"), TaskKind::classify);
  EXPECT_STREQ(kind_name(TaskKind::masked_lm), "masked_lm");
  expect_error(ErrorKind::usage, [] { parse_kind("token", "r.toml:3"); }, {"r.toml:3", "did you mean 'tokens'"});
}

TEST(Task, metrics_of_tokens_follow_the_scheme) {
  EXPECT_EQ(default_metrics(TaskKind::classify, {"a", "b", "c"})[0], "macro_f1");
  EXPECT_EQ(default_metrics(TaskKind::tokens, {"B-PER", "I-PER", "O"})[0], "entity_f1");
  EXPECT_EQ(default_metrics(TaskKind::tokens, {"B-PER", "E-PER", "O"})[0], "entity_f1_iobes");
  EXPECT_EQ(default_metrics(TaskKind::tokens, {"DET", "NOUN"})[0], "accuracy");
}

TEST(Task, maximum_length_is_what_model_and_tokenizer_allow) {
  const auto tokenizer = test::tiny_tokenizer();
  EXPECT_EQ(choose_max_length(0, 1024, *tokenizer), 512);
  EXPECT_EQ(choose_max_length(0, 128, *tokenizer), 128);
  EXPECT_EQ(choose_max_length(64, 128, *tokenizer), 64);
  expect_error(ErrorKind::usage, [&] { choose_max_length(256, 128, *tokenizer); }, {"256", "128 positions"});
}

TEST(DataOptions, unknown_key_and_broken_range) {
  Value value;
  value.set("bach", 3);
  value.set("holdout", 1.5);
  expect_error(ErrorKind::usage, [&] { read_options<DataOptions>(value, "data"); }, {"did you mean 'batch'", "holdout"});
}

TEST(DataOptions, one_column_is_a_list_of_one) {
  Value value;
  value.set("text", "sentence");
  EXPECT_EQ(read_options<DataOptions>(value, "data").text, Names{"sentence"});
}

}  // namespace
}  // namespace espalier
