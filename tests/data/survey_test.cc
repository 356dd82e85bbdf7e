#include "espalier/data/survey.h"

#include "tests/data/words.h"

namespace espalier {
namespace {

using support::expect_error;
using support::TemporaryFolder;
using test::classify_task;
using Names = std::vector<std::string>;
using Counts = std::vector<int64_t>;

Survey survey(Task& task, const fs::path& path, bool kind_known = false) {
  return survey_training(task, kind_known, path.string(), false);
}

TEST(Survey, classes_are_found_sorted_and_counted) {
  const TemporaryFolder folder;
  Task task = classify_task({"text"}, "label");
  const Survey found = survey(task, folder.write("t.tsv", "text\tlabel\na\t10\nb\t9\nc\t10\nd\t 9 \n"));
  EXPECT_EQ(task.kind, TaskKind::classify);
  EXPECT_EQ(task.labels, (Names{"9", "10"}));
  EXPECT_EQ(found.counts, (Counts{2, 2}));
  EXPECT_EQ(found.rows, 4);
  EXPECT_EQ(task.best, "macro_f1");
}

TEST(Survey, usual_columns_are_found_and_others_asked_for) {
  const TemporaryFolder folder;
  Task task;
  survey(task, folder.write("t.csv", "id,sentence1,sentence2,label\r\n1,a,b,yes\r\n2,a,c,no\r\n"));
  EXPECT_EQ(task.text, (Names{"sentence1", "sentence2"}));
  EXPECT_EQ(task.label, Names{"label"});
  Task unnamed;
  const fs::path odd = folder.write("odd.csv", "x,y\r\na,1\r\n");
  expect_error(ErrorKind::usage, [&] { survey(unnamed, odd); }, {"odd.csv", "x, y", "--text"});
  Task joined = classify_task({"x,y"}, "z");
  survey(joined, folder.write("two.tsv", "x\ty\tz\na\tb\t0\nc\td\t1\n"));
  EXPECT_EQ(joined.text, (Names{"x", "y"}));
}

TEST(Survey, numbers_that_may_be_measured_ask_for_the_kind) {
  const TemporaryFolder folder;
  std::string floats = "text\tlabel\n", whole = floats;
  for (int i = 0; i < 30; ++i) {
    floats += fmt::format("a\t{}.5\n", i % 3);
    whole += fmt::format("a\t{}\n", i);
  }
  Task task = classify_task({"text"}, "label");
  const fs::path float_file = folder.write("f.tsv", floats), whole_file = folder.write("w.tsv", whole);
  expect_error(ErrorKind::usage, [&] { survey(task, float_file); },
               {"3 different numbers", "--task classify", "--task regression"});
  expect_error(ErrorKind::usage, [&] { survey(task, whole_file); }, {"30 different whole numbers"});
  task.kind = TaskKind::regress;
  const Survey found = survey(task, float_file, true);
  EXPECT_EQ(found.low, 0.5);
  EXPECT_EQ(found.high, 2.5);
  EXPECT_DOUBLE_EQ(found.means.at(0), 1.5);
  EXPECT_EQ(task.labels, Names{"label"});
}

TEST(Survey, similarity_scores_are_scaled_into_the_cosines_range) {
  const TemporaryFolder folder;
  Task task = classify_task({"x", "y"}, "score");
  task.kind = TaskKind::similarity;
  task.scale = 0;
  survey(task, folder.write("s.tsv", "x\ty\tscore\na\tb\t5\nc\td\t2.5\n"), true);
  EXPECT_EQ(task.scale, 5);
}

TEST(Survey, missing_labels_are_all_named) {
  const TemporaryFolder folder;
  Task task = classify_task({"text"}, "label");
  const fs::path path = folder.write("t.tsv", "text\tlabel\na\t1\nb\t\nc\t0\nd\t  \n");
  expect_error(ErrorKind::data, [&] { survey(task, path); }, {"t.tsv:3", "t.tsv:5", "label is missing"});
}

TEST(Survey, targets_that_are_no_numbers_are_all_named) {
  const TemporaryFolder folder;
  Task task = classify_task({"text"}, "label");
  task.kind = TaskKind::regress;
  const fs::path path = folder.write("t.tsv", "text\tlabel\na\t1\nb\tnan\nc\tx\nd\t1e300\n");
  expect_error(ErrorKind::data, [&] { survey(task, path, true); }, {"t.tsv:3", "'nan'", "t.tsv:4", "'x'", "t.tsv:5", "32-bit"});
}

TEST(Survey, one_class_is_refused) {
  const TemporaryFolder folder;
  Task task = classify_task({"text"}, "label");
  const fs::path path = folder.write("t.tsv", "text\tlabel\na\tx\nb\tx\n");
  expect_error(ErrorKind::data, [&] { survey(task, path); }, {"t.tsv", "'x'", "two classes"});
  Task constant = classify_task({"text"}, "label");
  constant.kind = TaskKind::regress;
  const fs::path same = folder.write("c.tsv", "text\tlabel\na\t3\nb\t3\n");
  expect_error(ErrorKind::data, [&] { survey(constant, same, true); }, {"c.tsv", "number 3"});
}

TEST(Survey, a_file_without_rows_is_refused) {
  const TemporaryFolder folder;
  Task task = classify_task({"text"}, "label");
  const fs::path header = folder.write("h.tsv", "text\tlabel\n"), empty = folder.write("e.tsv", "");
  expect_error(ErrorKind::data, [&] { survey(task, header); }, {"h.tsv", "no rows"});
  expect_error(ErrorKind::data, [&] { survey(task, empty); }, {"e.tsv", "empty"});
}

TEST(Survey, labels_unknown_in_training_are_all_named) {
  const TemporaryFolder folder;
  const Task task = classify_task({"text"}, "label", {"negative", "positive"});
  const fs::path path = folder.write("dev.tsv", "text\tlabel\na\tpositve\nb\tnegative\nc\tnone\n");
  expect_error(ErrorKind::data, [&] { survey_labels(task, path.string()); },
               {"dev.tsv:2", "did you mean 'positive'", "dev.tsv:4", "'none'"});
  const fs::path good = folder.write("good.tsv", "text\tlabel\na\tpositive\nb\tpositive\n");
  EXPECT_EQ(survey_labels(task, good.string()).counts, (Counts{0, 2}));
}

TEST(Survey, nearly_unique_labels_are_no_classes) {
  const TemporaryFolder folder;
  std::string text = "text\tlabel\n";
  for (int i = 0; i < 1500; ++i) text += fmt::format("a\tid{}\n", i);
  Task task = classify_task({"text"}, "label");
  const fs::path path = folder.write("t.tsv", text);
  expect_error(ErrorKind::usage, [&] { survey(task, path); }, {"1,500 different labels", "right column"});
}

TEST(Survey, columns_that_are_missing_are_all_named) {
  const TemporaryFolder folder;
  Task task = classify_task({"txt"}, "lable");
  const fs::path path = folder.write("t.tsv", "text\tlabel\na\t1\n");
  expect_error(ErrorKind::usage, [&] { survey(task, path, true); }, {"did you mean 'text'", "did you mean 'label'"});
}

TEST(Survey, several_labels_in_a_cell_in_a_list_and_in_columns) {
  const TemporaryFolder folder;
  Task cell = classify_task({"text"}, "label");
  cell.label_separator = ";";
  EXPECT_EQ(survey(cell, folder.write("c.tsv", "text\tlabel\na\tx; y\nb\t\nc\ty\n")).counts, (Counts{1, 2}));
  EXPECT_EQ(cell.kind, TaskKind::multi_label);

  Task list = classify_task({"text"}, "label");
  survey(list, folder.write("l.jsonl", "{\"text\":\"a\",\"label\":[\"x\",\"y\"]}\n{\"text\":\"b\",\"label\":[]}\n"));
  EXPECT_EQ(list.kind, TaskKind::multi_label);
  EXPECT_EQ(list.labels, (Names{"x", "y"}));

  Task columns = classify_task({"text"}, "toxic");
  columns.label = {"toxic", "rude"};
  EXPECT_EQ(survey(columns, folder.write("k.csv", "text,toxic,rude\na,1,0\nb,1,1\n")).counts, (Counts{2, 1}));
  EXPECT_EQ(columns.labels, (Names{"toxic", "rude"}));
  const fs::path odd = folder.write("o.csv", "text,toxic,rude\na,1,0\nb,2,1\n");
  expect_error(ErrorKind::data, [&] { survey(columns, odd); }, {"o.csv:3", "'toxic'", "expected 0 or 1"});
}

TEST(Survey, tags_of_conll_are_completed_and_stray_ones_are_read_leniently) {
  const TemporaryFolder folder;
  Task task;
  const Survey found = survey(task, folder.write("t.conll", "John B-PER\nlives O\n\nNew B-LOC\nYork I-LOC\n"));
  EXPECT_EQ(task.kind, TaskKind::tokens);
  EXPECT_EQ(task.labels, (Names{"B-LOC", "B-PER", "I-LOC", "I-PER", "O"}));
  EXPECT_EQ(found.counts, (Counts{1, 1, 1, 0, 1}));
  EXPECT_EQ(task.best, "entity_f1");
  Task stray;
  survey(stray, folder.write("s.conll", "John I-PER\nlives O\nBerlin I-LOC\n"));
  EXPECT_EQ(stray.best, "entity_f1_lenient");
  const fs::path dev = folder.write("dev.conll", "a O\nb O\n\nc B-MISC\n");
  expect_error(ErrorKind::data, [&] { survey_labels(task, dev.string()); }, {"dev.conll:4", "'B-MISC'"});
  const fs::path plain = folder.write("plain.conll", "a O\nb O\n");
  Task none;
  expect_error(ErrorKind::data, [&] { survey(none, plain); }, {"plain.conll", "nothing can be learned"});
}

TEST(Survey, spans_in_json_lines_become_tags) {
  const TemporaryFolder folder;
  Task task;
  survey(task, folder.write("s.jsonl", "{\"text\":\"John lives\",\"spans\":[{\"start\":0,\"end\":4,\"label\":\"PER\"}]}\n"));
  EXPECT_EQ(task.kind, TaskKind::tokens);
  EXPECT_EQ(task.labels, (Names{"B-PER", "I-PER", "O"}));
  Task bad;
  const fs::path path = folder.write(
      "b.jsonl", "{\"text\":\"abc\",\"spans\":[]}\n{\"text\":\"abc\",\"spans\":[{\"start\":0,\"end\":4,\"label\":\"X\"}]}\n");
  expect_error(ErrorKind::data, [&] { survey(bad, path); }, {"b.jsonl:2", "0 to 4", "3 characters"});
}

}  // namespace
}  // namespace espalier
