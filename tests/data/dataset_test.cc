#include "espalier/data/dataset.h"

#include <cstdlib>
#include <iterator>
#include <set>

#include "espalier/base/seed.h"
#include "tests/data/words.h"

namespace espalier {
namespace {

using support::expect_error;
using support::TemporaryFolder;

class Data : public testing::Test {
 protected:
  DataSet open(const DataOptions& options) { return {options, *tokenizer, 512, 1, log}; }
  std::string rows(int64_t count) {
    std::string text = "text\tlabel\tpatient\n";
    for (int64_t i = 0; i < count; ++i) text += fmt::format("a{0}\t{1}\tp{2}\n", i, i % 4 == 0 ? "yes" : "no", i % 50);
    return text;
  }
  std::set<int64_t> read(const DataSet& data, Part part) {
    const auto reader = data.open(part);
    std::set<int64_t> found;
    for (Example example; reader->next(example);) found.insert(example.row);
    return found;
  }
  TemporaryFolder folder;
  MemoryLog log;
  std::unique_ptr<Tokenizer> tokenizer = test::tiny_tokenizer();
};

TEST_F(Data, holds_out_a_stratified_part_and_says_so) {
  DataOptions options;
  options.train = folder.write("t.tsv", rows(400)).string();
  const DataSet data = open(options);
  EXPECT_TRUE(data.held_out());
  EXPECT_EQ(data.rows(Part::train), 360);
  EXPECT_EQ(data.rows(Part::dev), 40);
  EXPECT_EQ(data.class_counts(Part::dev), (std::vector<int64_t>{30, 10}));
  EXPECT_EQ(data.majority(Part::dev), 0.75);
  const std::set<int64_t> train = read(data, Part::train), dev = read(data, Part::dev);
  EXPECT_EQ(train.size(), 360U);
  EXPECT_EQ(dev.size(), 40U);
  for (const int64_t row : dev) EXPECT_EQ(train.count(row), 0U);
  EXPECT_EQ(log.notes.at(0), options.train + ": 400 rows in 401 lines, classify");
  EXPECT_EQ(log.notes.at(1), "2 classes: no 300 (75.0 %), yes 100 (25.0 %)");
  EXPECT_NE(log.notes.at(2).find("40 of 400 rows (10.0 %) held out, stratified by label"), std::string::npos) << log.notes[2];
  EXPECT_EQ(data.stream()->examples(), 360);
}

TEST_F(Data, groups_stay_on_one_side) {
  DataOptions options;
  options.train = folder.write("t.tsv", rows(400)).string();
  options.group = "patient";
  const DataSet data = open(options);
  std::set<int64_t> patients;
  for (const int64_t row : read(data, Part::dev)) patients.insert(row % 50);
  for (const int64_t row : read(data, Part::train)) EXPECT_EQ(patients.count(row % 50), 0U);
}

TEST_F(Data, resolved_options_leave_nothing_open_and_resolve_to_themselves) {
  DataOptions options;
  options.train = folder.write("t.tsv", rows(40)).string();
  options.dev = folder.write("d.tsv", rows(8)).string();
  const DataSet data = open(options);
  EXPECT_FALSE(data.held_out());
  EXPECT_EQ(data.rows(Part::dev), 8);
  EXPECT_FALSE(data.has(Part::test));
  const Value stored = write_options(data.resolved());
  const DataSet again = open(read_options<DataOptions>(stored, "data"));
  EXPECT_EQ(write_options(again.resolved()), stored);
  EXPECT_EQ(data.resolved().kind, "classify");
  EXPECT_EQ(data.resolved().labels, (std::vector<std::string>{"no", "yes"}));
  EXPECT_EQ(data.resolved().best, "macro_f1");
  EXPECT_EQ(make_task(data.resolved(), 512).labels, data.task().labels);
}

TEST_F(Data, evaluates_in_the_order_of_the_file) {
  DataOptions options;
  options.train = folder.write("t.tsv", rows(40)).string();
  const DataSet data = open(options);
  EvalStream eval = data.evaluate(Part::dev);
  ASSERT_TRUE(eval.next());
  EXPECT_EQ(eval.examples().size(), 4U);
}

TEST_F(Data, task_may_be_the_kind) {
  DataOptions options;
  options.train = folder.write("t.tsv", "text\tlabel\na\t1.5\nb\t2.5\nc\t0\n").string();
  options.task = "regression";
  EXPECT_EQ(open(options).resolved().kind, "regress");
  options.task = "tokns";
  expect_error(ErrorKind::usage, [&] { open(options); }, {"'tokns'"});
  options.task = "tokens";
  expect_error(ErrorKind::usage, [&] { open(options); }, {"CoNLL"});
}

TEST_F(Data, what_cannot_be_used_is_said_before_work_starts) {
  DataOptions options;
  expect_error(ErrorKind::usage, [&] { open(options); }, {"no training data"});
  options.train = "-";
  expect_error(ErrorKind::usage, [&] { open(options); }, {"standard input"});
  options.train = (folder / "missing.tsv").string();
  expect_error([&] { open(options); }, {"missing.tsv"});
  options.train = folder.write("t.tsv", rows(40)).string();
  options.dev = folder.write("d.tsv", "text\tlabel\na\tmaybe\n").string();
  expect_error(ErrorKind::data, [&] { open(options); }, {"d.tsv:2", "'maybe'", "no, yes"});
  options.dev.clear();
  options.labels = {"no", "no"};
  expect_error(ErrorKind::usage, [&] { open(options); }, {"twice"});
  options.labels = {"no", "maybe"};
  expect_error(ErrorKind::data, [&] { open(options); }, {"t.tsv:2", "'yes'"});
}

TEST_F(Data, glue_is_read_from_its_files) {
  if (std::getenv("ESPALIER_DATA") == nullptr) GTEST_SKIP() << "ESPALIER_DATA is not set: GLUE's own files were not read";
  struct Known {
    const char* name;
    int64_t train, dev;
    size_t classes;
  };
  // lines of the files, less the header where there is one
  for (const Known& known : {Known{"glue/cola", 8551, 527, 2}, Known{"glue/mrpc", 3668, 408, 2}, Known{"glue/rte", 2490, 277, 2},
                             Known{"glue/stsb", 5749, 1500, 1}, Known{"glue/sst2", 67349, 872, 2}}) {
    DataOptions options;
    options.task = known.name;
    const DataSet data = open(options);
    EXPECT_EQ(data.rows(Part::train), known.train);
    EXPECT_EQ(data.rows(Part::dev), known.dev);
    EXPECT_EQ(data.task().labels.size(), known.classes);
    const auto stream = data.stream();
    EXPECT_EQ(stream->examples(), known.train);
    EXPECT_EQ(stream->steps_per_epoch(), (known.train + 31) / 32);
    EvalStream eval = data.evaluate(Part::dev);
    int64_t rows = 0;
    while (eval.next()) rows += int64_t(eval.examples().size());
    EXPECT_EQ(rows, known.dev);
  }
}

TEST_F(Data, garbage_is_an_error_or_an_example_and_never_a_crash) {
  RandomStream random(1);
  const std::string pieces[] = {"text",
                                "label",
                                "\t",
                                ",",
                                "\n",
                                "\"",
                                "{",
                                "}",
                                "[",
                                "]",
                                ":",
                                "spans",
                                "\xFF",
                                "\xC3",
                                "1",
                                "B-X",
                                "\r",
                                " ",
                                std::string(1, '\0'),
                                "start",
                                "\xEF\xBB\xBF",
                                "{\"text\":\"a\",\"label\":1}\n"};
  const auto count = static_cast<uint64_t>(std::size(pieces));
  for (const char* suffix : {"tsv", "csv", "jsonl", "conll", "txt"}) {
    for (int round = 0; round < 200; ++round) {
      std::string bytes = round % 2 == 0 ? "" : suffix == std::string("csv") ? "text,label\n" : "text\tlabel\n";
      for (uint64_t i = random.below(60); i > 0; --i) bytes += pieces[random.below(count)];
      DataOptions options;
      options.train = folder.write(fmt::format("g.{}", suffix), bytes).string();
      if (suffix == std::string("txt")) options.task = "masked_lm";
      try {
        const DataSet data = open(options);
        EXPECT_GT(data.stream()->examples(), 0);
      } catch (const Error& error) {
        EXPECT_NE(error.kind(), ErrorKind::bug) << error.what();
      }
    }
  }
}

TEST_F(Data, masked_language_model_needs_only_text) {
  DataOptions options;
  options.train = folder.write("t.txt", "a b c\nd e\nf a b c d e f\n").string();
  options.task = "masked_lm";
  options.holdout = 0.34;
  const DataSet data = open(options);
  EXPECT_EQ(data.rows(Part::train), 2);
  const auto stream = data.stream();
  stream->start(0);
  std::vector<Batch> batches;
  ASSERT_TRUE(stream->next(batches));
  EXPECT_TRUE(batches[0].tokens.defined());
}

}  // namespace
}  // namespace espalier
