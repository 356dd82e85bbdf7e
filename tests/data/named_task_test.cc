#include "espalier/data/named_task.h"

#include <cstdlib>
#include <iostream>
#include <map>

#include "espalier/data/survey.h"
#include "tests/data/words.h"

namespace espalier {
namespace {

using support::expect_error;
using support::TemporaryFolder;

DataOptions named(const std::string& task, const fs::path& root) {
  DataOptions options;
  options.task = task;
  options.root = root.string();
  return options;
}

TEST(NamedTask, an_unknown_name_gets_the_nearest) {
  expect_error(ErrorKind::usage, [] { find_named_task("glue/sst"); }, {"did you mean 'glue/sst2'", "glue/cola"});
}

TEST(NamedTask, missing_files_list_what_was_tried) {
  const TemporaryFolder folder;
  expect_error(ErrorKind::usage, [&] { resolve_named_task(named("glue/rte", folder.path())); },
               {"glue/rte", "glue/rte/train.tsv", "RTE/train.tsv", "--train"});
}

TEST(NamedTask, plain_copies_and_the_archives_are_read) {
  const TemporaryFolder folder;
  folder.write("a/glue/qqp/train.tsv", "index\tsentence1\tsentence2\tlabel\n0\ta\tb\t1\n");
  folder.write("b/QQP/train.tsv",
               "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n1\t2\t3\ta\tb\t1\n1\t2\tbroken\n1\t2\t3\tc\td\t0\n");
  EXPECT_EQ(resolve_named_task(named("glue/qqp", folder / "a")).label, std::vector<std::string>{"label"});
  const DataOptions archive = resolve_named_task(named("glue/qqp", folder / "b"));
  EXPECT_EQ(archive.text, (std::vector<std::string>{"question1", "question2"}));
  EXPECT_EQ(archive.best, "f1");
}

TEST(NamedTask, stsb_with_and_without_header) {
  const TemporaryFolder folder;
  folder.write("a/stsb/train.tsv", "main\tMSRvid\t2012\t1\t5.000\tA.\tB.\nmain\tMSRvid\t2012\t4\t3.8\tC.\tD.\textra\tcells\n");
  folder.write("b/STS-B/train.tsv",
               "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore\n"
               "0\tmain\tMSRvid\t2012\t1\tnone\tnone\tA.\tB.\t5.000\n");
  const DataOptions plain = resolve_named_task(named("glue/stsb", folder / "a"));
  EXPECT_FALSE(plain.header);
  EXPECT_EQ(plain.text, (std::vector<std::string>{"5", "6"}));
  const DataOptions archive = resolve_named_task(named("glue/stsb", folder / "b"));
  EXPECT_TRUE(archive.header);
  EXPECT_EQ(archive.label, std::vector<std::string>{"score"});
}

TEST(NamedTask, a_score_of_two_texts_may_be_a_similarity_and_nothing_else) {
  const TemporaryFolder folder;
  folder.write("stsb/train.tsv", "main\tMSRvid\t2012\t1\t5.000\tA.\tB.\n");
  DataOptions options = named("glue/stsb", folder.path());
  EXPECT_EQ(resolve_named_task(options).kind, "regress");
  options.kind = "similarity";
  EXPECT_EQ(resolve_named_task(options).kind, "similarity");
  options.kind = "classify";
  expect_error(ErrorKind::usage, [&] { resolve_named_task(options); }, {"glue/stsb is regress, not classify", "data.kind"});
}

TEST(NamedTask, a_test_file_without_labels_is_left_out) {
  const TemporaryFolder folder;
  folder.write("sst2/train.tsv", "sentence\tlabel\ngood\t1\n");
  folder.write("sst2/test.tsv", "index\tsentence\n0\tgood\n");
  EXPECT_EQ(resolve_named_task(named("glue/sst2", folder.path())).test, "");
  folder.write("sst2/test.tsv", "sentence\tlabel\ngood\t1\n");
  EXPECT_NE(resolve_named_task(named("glue/sst2", folder.path())).test, "");
}

TEST(NamedTask, wrong_columns_are_named) {
  const TemporaryFolder folder;
  folder.write("rte/train.tsv", "premise\thypothesis\tlabel\na\tb\tentailment\n");
  expect_error(ErrorKind::data, [&] { resolve_named_task(named("glue/rte", folder.path())); },
               {"train.tsv", "sentence1, sentence2"});
}

// Rows of GLUE's files as counted with `wc -l`, less the header where there is one. MRPC and STS-B do not end in a line end
// everywhere; their figures are those of the papers.
TEST(NamedTask, glue_files_have_their_known_sizes) {
  if (std::getenv("ESPALIER_DATA") == nullptr) GTEST_SKIP() << "ESPALIER_DATA is not set: GLUE's own files were not read";
  const std::map<std::string, std::vector<int64_t>> sizes{{"glue/sst2", {67349, 872, 0}},    {"glue/cola", {8551, 527, 0}},
                                                          {"glue/mrpc", {3668, 408, 1725}},  {"glue/rte", {2490, 277, 0}},
                                                          {"glue/stsb", {5749, 1500, 1379}}, {"glue/mnli", {0, 9815, 9832}},
                                                          {"glue/qnli", {0, 5463, 0}},       {"glue/qqp", {0, 40430, 0}}};
  for (const auto& [name, rows] : sizes) {
    DataOptions options;
    options.task = name;
    DataOptions found;
    try {
      found = resolve_named_task(options, false);
    } catch (const Error& error) {
      std::cout << "skipped " << name << ": " << error.what() << "\n";
      continue;
    }
    Task task;
    task.name = name;
    task.kind = parse_kind(found.kind);
    task.text = found.text;
    task.label = found.label;
    task.labels = found.labels;
    task.rows.header = found.header;
    task.rows.drop_extra_cells = task.rows.skip_short_rows = true;
    const std::string* paths[] = {&found.train, &found.dev, &found.test};
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(paths[i]->empty(), rows[i] == 0) << name << " " << *paths[i];
      if (paths[i]->empty()) continue;
      const Survey survey = survey_labels(task, *paths[i]);
      EXPECT_EQ(survey.rows, rows[i]) << *paths[i];
      for (const int64_t count : survey.counts) EXPECT_GT(count, 0) << *paths[i];
      if (task.kind == TaskKind::regress) {
        EXPECT_GE(survey.low, 0);
        EXPECT_LE(survey.high, 5);
      }
    }
  }
}

}  // namespace
}  // namespace espalier
