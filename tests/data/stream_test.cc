#include "espalier/data/stream.h"

#include <algorithm>
#include <numeric>

#include "espalier/data/eval_stream.h"
#include "espalier/nn/tensor.h"
#include "tests/data/words.h"

namespace espalier {
namespace {

using Longs = std::vector<int64_t>;
using Steps = std::vector<Longs>;

class Stream : public testing::Test {
 protected:
  void write(int64_t rows) {
    std::string text = "text\tlabel\n";
    for (int64_t i = 0; i < rows; ++i) {
      std::string words;
      for (int64_t w = 0; w <= i * 7 % 13; ++w) words += "a ";
      text += fmt::format("{}\t{}\n", words, i % 2);
    }
    path = folder.write("t.tsv", text);
  }
  std::unique_ptr<BatchStream> stream(StreamOptions options) {
    return std::make_unique<BatchStream>([this] { return open_examples(task, path.string(), *tokenizer); },
                                         Collator(task, *tokenizer, options.seed), options);
  }
  /// Indices of the examples of each step.
  static Steps steps(BatchStream& stream, int64_t epoch, int64_t skip = 0) {
    stream.start(epoch, skip);
    Steps steps;
    std::vector<const Example*> examples;
    while (stream.next_examples(examples)) {
      steps.emplace_back();
      for (const Example* example : examples) steps.back().push_back(example->index);
    }
    return steps;
  }
  static Longs sorted(const Steps& steps) {
    Longs all;
    for (const Longs& step : steps) all.insert(all.end(), step.begin(), step.end());
    std::sort(all.begin(), all.end());
    return all;
  }

  support::TemporaryFolder folder;
  std::unique_ptr<Tokenizer> tokenizer = test::tiny_tokenizer();
  Task task = test::classify_task({"text"}, "label", {"0", "1"});
  fs::path path;
};

/// Windows of 64 (several), of 96 and of everything; by length or not.
std::vector<StreamOptions> variants() {
  std::vector<StreamOptions> list;
  for (const int64_t buffer : {70, 100, 100000}) {
    for (const bool by_length : {false, true}) {
      list.push_back({.batch = 32, .shuffle_buffer = buffer, .by_length = by_length, .seed = 5});
    }
  }
  return list;
}

TEST_F(Stream, gives_every_example_once_an_epoch) {
  write(333);
  Longs everything(333);
  std::iota(everything.begin(), everything.end(), 0);
  for (const StreamOptions& options : variants()) {
    const auto s = stream(options);
    EXPECT_EQ(s->examples(), 333);
    EXPECT_EQ(s->steps_per_epoch(), 11);
    const Steps first = steps(*s, 0), second = steps(*s, 1);
    EXPECT_EQ(sorted(first), everything);
    EXPECT_EQ(sorted(second), everything);
    EXPECT_EQ(first.size(), 11U);
    for (size_t i = 0; i < 10; ++i) EXPECT_EQ(first[i].size(), 32U);
    EXPECT_EQ(first[10].size(), 13U);
    EXPECT_NE(first, second);
    EXPECT_FALSE(std::is_sorted(first[0].begin(), first[0].end()));
  }
}

TEST_F(Stream, is_a_function_of_the_seed) {
  write(333);
  for (StreamOptions options : variants()) {
    const Steps once = steps(*stream(options), 2), again = steps(*stream(options), 2);
    EXPECT_EQ(once, again);
    options.seed = 6;
    EXPECT_NE(steps(*stream(options), 2), once);
  }
}

TEST_F(Stream, restarts_in_the_middle_as_if_uninterrupted) {
  write(333);
  for (const StreamOptions& options : variants()) {
    const auto s = stream(options);
    const Steps whole = steps(*s, 1);
    for (const int64_t skip : {0, 1, 2, 3, 5, 10, 11}) {
      EXPECT_EQ(steps(*s, 1, skip), Steps(whole.begin() + skip, whole.end())) << "after step " << skip;
    }
  }
}

TEST_F(Stream, token_budget_cuts_a_step_and_never_changes_it) {
  write(100);
  StreamOptions options{.batch = 16, .tokens = 0, .seed = 3};
  const auto whole = stream(options);
  options.tokens = 40;
  const auto cut = stream(options);
  whole->start(0);
  cut->start(0);
  std::vector<Batch> one, several;
  while (whole->next(one)) {
    ASSERT_TRUE(cut->next(several));
    ASSERT_EQ(one.size(), 1U);
    if (one[0].size() == 16) {  // the last step has 4
      EXPECT_GT(several.size(), 1U);
    }
    Longs together;
    for (const Batch& batch : several) {
      EXPECT_LE(batch.frame->rows(), 40);
      together.insert(together.end(), batch.examples.begin(), batch.examples.end());
    }
    EXPECT_EQ(together, one[0].examples);
  }
  EXPECT_FALSE(cut->next(several));
}

TEST_F(Stream, by_length_makes_steps_of_similar_lengths) {
  write(2000);
  const auto spread = [&](bool by_length) {
    const auto s = stream({.batch = 20, .by_length = by_length, .seed = 1});
    s->start(0);
    std::vector<const Example*> examples;
    int64_t sum = 0;
    while (s->next_examples(examples)) {
      const auto [low, high] = std::minmax_element(examples.begin(), examples.end(),
                                                   [](const Example* a, const Example* b) { return a->size() < b->size(); });
      sum += (*high)->size() - (*low)->size();
    }
    return sum;
  };
  EXPECT_LT(spread(true) * 5, spread(false));
}

TEST_F(Stream, a_broken_row_reaches_the_caller) {
  folder.write("t.tsv", "text\tlabel\na\t0\nb\t2\n");
  path = folder / "t.tsv";
  support::expect_error(ErrorKind::data, [&] { stream({}); }, {"t.tsv:3", "'2'"});
  write(300);  // beyond the first window, and only on the second pass
  const auto s = stream({.batch = 10, .shuffle_buffer = 100});
  write(20);
  support::expect_error(ErrorKind::data, [&] { steps(*s, 0); }, {"changed while it was read"});
}

TEST_F(Stream, of_nothing_is_refused) {
  path = folder.write("t.tsv", "text\tlabel\n");
  support::expect_error(ErrorKind::data, [&] { stream({}); }, {"no training examples"});
}

TEST_F(Stream, may_be_left_in_the_middle) {
  write(3000);
  const auto s = stream({.batch = 10, .shuffle_buffer = 100});
  s->start(0);
  std::vector<Batch> batches;
  EXPECT_TRUE(s->next(batches));
}

TEST_F(Stream, evaluation_keeps_the_order_of_the_file) {
  write(100);
  EvalStream eval(open_examples(task, path.string(), *tokenizer), Collator(task, *tokenizer, 1), 64, 30);
  int64_t seen = 0;
  while (eval.next()) {
    std::vector<bool> found(eval.examples().size(), false);
    EXPECT_EQ(eval.examples()[0].index, seen);
    for (const EvalBatch& one : eval.batches()) {
      EXPECT_LE(one.batch.frame->rows(), 64);
      for (size_t b = 0; b < one.at.size(); ++b) {
        EXPECT_EQ(eval.examples()[size_t(one.at[b])].index, one.batch.examples[b]);
        found[size_t(one.at[b])] = true;
      }
    }
    EXPECT_EQ(std::count(found.begin(), found.end(), true), int64_t(found.size()));
    seen += int64_t(found.size());
  }
  EXPECT_EQ(seen, 100);
}

TEST_F(Stream, any_number_of_workers_gives_the_same_steps) {
  write(333);
  for (StreamOptions options : variants()) {
    const auto one = stream(options);
    for (const int64_t workers : {2, 3, 7}) {
      options.workers = workers;
      const auto several = stream(options);
      EXPECT_EQ(steps(*several, 1), steps(*one, 1)) << workers;
      EXPECT_EQ(steps(*several, 2, 5), steps(*one, 2, 5)) << workers;
    }
  }
}

TEST_F(Stream, a_broken_row_reaches_the_consumer_whoever_reads_it) {
  write(600);
  const auto s = stream({.batch = 32, .shuffle_buffer = 64, .seed = 5, .workers = 3});
  std::string text = read_file(path);
  text.replace(text.rfind("\t0\n"), 3, "\t7\n");
  folder.write("t.tsv", text);
  support::expect_error(ErrorKind::data, [&] { steps(*s, 0); }, {"t.tsv:", "7"});
}

TEST_F(Stream, says_where_the_examples_of_a_step_stand) {
  write(100);
  const auto s = stream({.batch = 4, .shuffle_buffer = 40, .seed = 5});
  s->start(0, 17);  // in the second window
  std::vector<const Example*> examples;
  ASSERT_TRUE(s->next_examples(examples));
  Longs lines;
  for (const Example* example : examples) lines.push_back(example->index + 2);  // the first line names the columns
  std::sort(lines.begin(), lines.end());
  EXPECT_EQ(s->lines(), lines);
  EXPECT_EQ(s->lines({examples[2]->index}), Longs{examples[2]->index + 2});
}

}  // namespace
}  // namespace espalier
