// Examples from TSV, CSV, JSON lines and plain lines.
#include <deque>
#include <nlohmann/json.hpp>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/data/encoder.h"
#include "espalier/data/labels.h"
#include "espalier/data/readers.h"
#include "espalier/data/spans.h"
#include "espalier/data/table_rows.h"

namespace espalier {
namespace {

class TableExamples final : public ExampleReader {
 public:
  TableExamples(const Task& task, const std::string& path, const Tokenizer& tokenizer, const ReadOptions& options)
      : task_(task),
        options_(options),
        tagged_(task.kind == TaskKind::tokens && options.labels),
        rows_(path, task_.rows, options),
        columns_(find_columns(rows_.reader(), task_, options.labels && task.kind != TaskKind::masked_lm, options.keep)),
        labels_(task_),
        encoder_(task_, tokenizer, options.spans || tagged_) {
    if (tagged_ && rows_.reader().format() != "jsonl") {
      throw usage_error("token labels come as CoNLL (.conll) or as spans in JSON lines (.jsonl)").at(path);
    }
    counts_.max_length = task_.limit.max_length;
  }

  bool next(Example& example) override {
    while (waiting_.empty()) {
      if (!rows_.next(row_)) return false;
      encode_row();
    }
    example = std::move(waiting_.front());
    waiting_.pop_front();
    example.index = counts_.examples++;
    return true;
  }

  bool skip() override {
    if (task_.limit.too_long == Long::windows) {
      Example unused;
      return next(unused);
    }
    if (!rows_.next(row_)) return false;
    ++counts_.examples;
    return true;
  }

  ReadCounts counts() const override { return rows_.with_rows(counts_); }

  const std::vector<std::string>& columns() const override { return rows_.reader().columns(); }

 private:
  void encode_row() {
    const std::string& text = row_.cells[columns_.text[0]];
    const std::string empty;
    const std::string& pair = columns_.text.size() > 1 ? row_.cells[columns_.text[1]] : empty;
    const bool writes = task_.kind == TaskKind::seq2seq && options_.labels;
    const std::string& target = writes ? row_.cells[columns_.label.at(0)] : empty;
    const bool lacks = trim(text).empty() || (columns_.text.size() > 1 && trim(pair).empty()) || (writes && trim(target).empty());
    counts_.empty += lacks;
    Example targets;
    if (options_.labels && !writes) {
      const std::string wrong = labels_.read(columns_, rows_.reader(), row_, targets);
      if (!wrong.empty()) throw data_error("{}", wrong).at(rows_.reader().place(row_.line));
    }
    bool cut = false;
    for (Example& example : encoder_.encode(text, pair)) {
      example.label = targets.label;
      example.values = targets.values;
      example.row = rows_.number();
      example.line = row_.line;
      for (const size_t at : columns_.keep) example.kept.push_back(row_.cells[at]);
      if (tagged_) tag(example);
      if (writes) {
        const Encoding written = encoder_.target(target);
        example.other = encoder_.sequence(written);
        example.cut = example.cut || written.cut > 0;
      }
      cut = cut || example.cut;
      waiting_.push_back(std::move(example));
    }
    counts_.cut += cut;
  }

  void tag(Example& example) {
    const std::string place = rows_.reader().place(row_.line);
    const size_t at = columns_.label.at(0);
    if (row_.missing(at)) throw data_error("the spans are missing; a text without any has an empty list").at(place);
    const std::vector<TextSpan> spans = read_spans(row_.json->at(rows_.reader().columns()[at]), example.source, place);
    const std::vector<Extent> words = word_extents(example);
    const std::vector<std::string> tags = tag_words(words, example.source, spans, &counts_.inside);
    const std::vector<int64_t> pieces = first_pieces(example);
    example.tokens.assign(example.text.ids.size(), -100);
    for (size_t w = 0; w < words.size(); ++w) {
      const int64_t id = labels_.id(tags[w]);
      if (id < 0) throw data_error("{}", labels_.unknown(tags[w])).at(place);
      example.tokens[size_t(pieces[w])] = static_cast<int32_t>(id);
    }
    if (options_.spans) return;
    example.source.clear();
    example.offsets.clear();
    example.words.clear();
  }

  Task task_;
  ReadOptions options_;
  bool tagged_;
  TableRows rows_;
  Columns columns_;
  LabelReader labels_;
  Encoder encoder_;
  ReadCounts counts_;
  Row row_;
  std::deque<Example> waiting_;
};

}  // namespace

std::unique_ptr<ExampleReader> open_table_examples(const Task& task, const std::string& path, const Tokenizer& tokenizer,
                                                   const ReadOptions& options) {
  return std::make_unique<TableExamples>(task, path, tokenizer, options);
}

}  // namespace espalier
