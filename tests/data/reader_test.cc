#include "espalier/data/reader.h"

#include "espalier/base/log.h"
#include "espalier/data/spans.h"
#include "tests/data/words.h"

namespace espalier {
namespace {

using support::expect_error;
using support::TemporaryFolder;
using test::classify_task;
using test::Ids;
using test::read_all;

class Reader : public testing::Test {
 protected:
  std::vector<Example> all(const Task& task, const fs::path& path, const ReadOptions& options = {}) {
    return read_all(task, path.string(), *tokenizer, options);
  }
  TemporaryFolder folder;
  std::unique_ptr<Tokenizer> tokenizer = test::tiny_tokenizer();
};

TEST_F(Reader, gives_the_same_examples_from_every_format) {
  Task task = classify_task({"text"}, "label", {"0", "1"});
  const fs::path files[] = {
      folder.write("a.tsv", "\xEF\xBB\xBFtext\tlabel\r\ngood film\t1\r\nbad, a\t0\r\n"),
      folder.write("a.csv", "label,text\n1,good film\n0,\"bad, a\"\n"),
      folder.write("a.jsonl", "{\"text\":\"good film\",\"label\":1}\n{\"text\":\"bad, a\",\"label\":\"0\"}\n")};
  for (const fs::path& file : files) {
    const std::vector<Example> examples = all(task, file);
    ASSERT_EQ(examples.size(), 2U) << file;
    EXPECT_EQ(examples[0].text.ids, (Ids{2, 11, 13, 3})) << file;
    EXPECT_EQ(examples[1].text.ids, (Ids{2, 12, 19, 5, 3})) << file;
    EXPECT_EQ(examples[0].label, 1);
    EXPECT_EQ(examples[1].label, 0);
    EXPECT_EQ(examples[1].index, 1);
    EXPECT_TRUE(examples[0].text.segments.empty());
  }
}

TEST_F(Reader, columns_by_number_where_there_is_no_header) {
  Task task = classify_task({"3"}, "1", {"0", "1"});
  task.rows.header = false;
  const std::vector<Example> examples = all(task, folder.write("cola.tsv", "gj04\t1\t\tgood\ngj04\t0\t*\tbad\n"));
  ASSERT_EQ(examples.size(), 2U);
  EXPECT_EQ(examples[0].text.ids, (Ids{2, 11, 3}));
  EXPECT_EQ(examples[0].label, 1);
  EXPECT_EQ(examples[0].line, 1);
}

TEST_F(Reader, tsv_has_no_quoting_unless_asked) {
  Task task = classify_task({"text"}, "label", {"0", "1"});
  const fs::path path = folder.write("q.tsv", "text\tlabel\n\"a\" b\t0\n\"a\t1\n");
  EXPECT_EQ(all(task, path).size(), 2U);
}

TEST_F(Reader, pairs_have_segments) {
  Task task = classify_task({"x", "y"}, "label", {"0", "1"});
  const std::vector<Example> examples = all(task, folder.write("p.tsv", "x\ty\tlabel\na b\tc\t1\n"));
  EXPECT_EQ(examples.at(0).text.ids, (Ids{2, 5, 6, 3, 7, 3}));
  EXPECT_EQ(examples[0].text.segments, (std::vector<uint8_t>{0, 0, 0, 0, 1, 1}));
}

TEST_F(Reader, similarity_encodes_texts_apart_and_scales_scores) {
  Task task = classify_task({"x", "y"}, "score");
  task.kind = TaskKind::similarity;
  task.scale = 5;
  const std::vector<Example> examples = all(task, folder.write("s.tsv", "x\ty\tscore\na b\tc\t4\n"));
  EXPECT_EQ(examples.at(0).text.ids, (Ids{2, 5, 6, 3}));
  EXPECT_EQ(examples[0].other.ids, (Ids{2, 7, 3}));
  EXPECT_EQ(examples[0].values, std::vector<float>{0.8F});
}

TEST_F(Reader, several_labels_become_zeros_and_ones) {
  Task task = classify_task({"text"}, "label", {"x", "y", "z"});
  task.kind = TaskKind::multi_label;
  task.label_separator = ",";
  const std::vector<Example> examples = all(task, folder.write("m.tsv", "text\tlabel\na\tz,x\nb\t\n"));
  EXPECT_EQ(examples.at(0).values, (std::vector<float>{1, 0, 1}));
  EXPECT_EQ(examples.at(1).values, (std::vector<float>{0, 0, 0}));
  const fs::path unknown = folder.write("u.tsv", "text\tlabel\na\tz,w\n");
  expect_error(ErrorKind::data, [&] { all(task, unknown); }, {"u.tsv:2", "'w'", "x, y, z"});
}

TEST_F(Reader, several_targets_and_columns_of_zeros_and_ones) {
  Task regress = classify_task({"text"}, "u");
  regress.kind = TaskKind::regress;
  regress.label = {"u", "v"};
  EXPECT_EQ(all(regress, folder.write("r.csv", "text,u,v\na,1.5,-2\n")).at(0).values, (std::vector<float>{1.5F, -2}));
  Task columns = regress;
  columns.kind = TaskKind::multi_label;
  columns.labels = {"u", "v"};
  EXPECT_EQ(all(columns, folder.write("c.csv", "text,u,v\na,0,1\n")).at(0).values, (std::vector<float>{0, 1}));
}

TEST_F(Reader, counts_what_was_treated) {
  Task task = classify_task({"text"}, "label", {"0", "1"});
  task.limit.max_length = 5;
  const fs::path path = folder.write("t.tsv", "text\tlabel\na b c d e\t1\n\t0\n\na \xFF\t1\na b c\t1\n");
  const auto reader = open_examples(task, path.string(), *tokenizer);
  std::vector<Example> examples;
  for (Example example; reader->next(example);) examples.push_back(example);
  ASSERT_EQ(examples.size(), 4U);
  EXPECT_EQ(examples[0].text.ids, (Ids{2, 5, 6, 7, 3}));
  EXPECT_TRUE(examples[0].cut);
  EXPECT_EQ(examples[1].text.ids, (Ids{2, 3}));
  EXPECT_EQ(examples[2].line, 5);
  const ReadCounts counts = reader->counts();
  EXPECT_EQ(counts.rows, 4);
  EXPECT_EQ(counts.lines, 6);
  EXPECT_EQ(counts.cut, 1);
  EXPECT_EQ(counts.empty, 1);
  EXPECT_EQ(counts.blank, 1);
  EXPECT_EQ(counts.repaired, 1);
  MemoryLog log;
  counts.report("t.tsv", log);
  ASSERT_EQ(log.notes.size(), 3U);
  EXPECT_EQ(log.notes[0], "t.tsv: 1 of 4 (25.0 %) cut at 5");
  EXPECT_EQ(log.warnings.size(), 1U);
}

TEST_F(Reader, long_texts_in_windows_are_several_examples) {
  Task task = classify_task({"text"}, "label", {"0", "1"});
  task.limit = {5, Long::windows, 1};
  const std::vector<Example> examples = all(task, folder.write("w.tsv", "text\tlabel\na b c d e\t1\na\t0\n"));
  ASSERT_EQ(examples.size(), 3U);
  EXPECT_EQ(examples[0].text.ids, (Ids{2, 5, 6, 7, 3}));
  EXPECT_EQ(examples[1].text.ids, (Ids{2, 7, 8, 9, 3}));
  EXPECT_EQ(examples[1].window, 1);
  EXPECT_EQ(examples[1].row, 0);
  EXPECT_EQ(examples[2].row, 1);
  EXPECT_EQ(examples[2].index, 2);
  EXPECT_EQ(examples[1].label, 1);
}

TEST_F(Reader, labels_are_left_alone_when_they_are_not_asked_for) {
  const Task task = classify_task({"text"}, "label", {"0", "1"});
  const ReadOptions options{.labels = false, .keep = {"id"}};
  const std::vector<Example> examples = all(task, folder.write("n.csv", "id,text\n7,a\n8,b\n"), options);
  ASSERT_EQ(examples.size(), 2U);
  EXPECT_EQ(examples[1].label, -100);
  EXPECT_EQ(examples[1].kept, std::vector<std::string>{"8"});
  const fs::path lines = folder.write("n.txt", "good\nbad\n");
  EXPECT_EQ(all(task, lines, {.labels = false}).at(0).text.ids, (Ids{2, 11, 3}));
  Task pair = classify_task({"x", "y"}, "label");
  expect_error(ErrorKind::usage, [&] { all(pair, lines, {.labels = false}); }, {"one text each"});
}

TEST_F(Reader, only_the_rows_asked_for) {
  const Task task = classify_task({"text"}, "label", {"0", "1"});
  const fs::path path = folder.write("r.tsv", "text\tlabel\na\t0\nb\t1\nc\t0\n");
  ReadOptions options;
  options.rows = std::make_shared<std::vector<bool>>(std::vector<bool>{false, true, false});
  EXPECT_EQ(all(task, path, options).size(), 1U);
  EXPECT_EQ(all(task, path, options).at(0).row, 1);
  options.rows_value = false;
  EXPECT_EQ(all(task, path, options).size(), 2U);
}

TEST_F(Reader, conll_labels_stand_on_the_first_piece) {
  Task task = classify_task({"0"}, "-1", {"B-PER", "I-PER", "O"});
  task.kind = TaskKind::tokens;
  // "player" and "playing" are two pieces each; \x01 is nothing to WordPiece, so its word has no piece.
  const fs::path path = folder.write("t.conll", "John NN B-PER\nPlayer NN I-PER\nplaying VB O\n\x01 X O\nin IN O\n\na NN O\n");
  const std::vector<Example> examples = all(task, path, {.spans = true});
  ASSERT_EQ(examples.size(), 2U);
  EXPECT_EQ(examples[0].text.ids, (Ids{2, 21, 17, 18, 17, 16, 23, 3}));
  EXPECT_EQ(examples[0].tokens, (Ids{-100, 0, 1, -100, 2, -100, 2, -100}));
  EXPECT_EQ(examples[1].line, 7);
  const std::vector<Extent> words = word_extents(examples[0]);
  const auto spans = decode_spans(words, examples[0].source, std::vector<std::string>{"B-PER", "I-PER", "O", "O"});
  EXPECT_EQ(spans.at(0), (TextSpan{0, 11, "PER", "John Player"}));
  Task wrong = task;
  wrong.labels = {"O"};
  expect_error(ErrorKind::data, [&] { all(wrong, path); }, {"t.conll:1", "'B-PER'"});
}

TEST_F(Reader, spans_become_labels_of_first_pieces_and_come_back) {
  Task task = classify_task({"text"}, "spans", {"B-LOC", "B-PER", "I-LOC", "I-PER", "O"});
  task.kind = TaskKind::tokens;
  const fs::path path = folder.write("s.jsonl",
                                     "{\"text\":\"John lives in New York.\",\"spans\":[{\"start\":0,\"end\":4,\"label\":\"PER\"},"
                                     "{\"start\":14,\"end\":22,\"label\":\"LOC\"}]}\n");
  const std::vector<Example> examples = all(task, path, {.spans = true});
  ASSERT_EQ(examples.size(), 1U);
  EXPECT_EQ(examples[0].text.ids, (Ids{2, 21, 22, 23, 14, 15, 20, 3}));
  EXPECT_EQ(examples[0].tokens, (Ids{-100, 1, 4, 4, 0, 2, 4, -100}));
  std::vector<std::string> tags;
  for (const int64_t piece : first_pieces(examples[0])) tags.push_back(task.labels[size_t(examples[0].tokens[size_t(piece)])]);
  const auto spans = decode_spans(word_extents(examples[0]), examples[0].source, tags);
  EXPECT_EQ(spans, (std::vector<TextSpan>{{0, 4, "PER", "John"}, {14, 22, "LOC", "New York"}}));
  EXPECT_TRUE(all(task, path).at(0).source.empty());
}

TEST_F(Reader, one_text_without_a_file) {
  const Task task = classify_task({"text"}, "label", {"0", "1"});
  EXPECT_EQ(encode_example(task, *tokenizer, "good").text.ids, (Ids{2, 11, 3}));
}

}  // namespace
}  // namespace espalier
