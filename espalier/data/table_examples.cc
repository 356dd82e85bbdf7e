// Examples from TSV, CSV, JSON lines and plain lines.
#include <deque>
#include <nlohmann/json.hpp>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/data/encoder.h"
#include "espalier/data/labels.h"
#include "espalier/data/readers.h"
#include "espalier/data/spans.h"

namespace espalier {
namespace {

class TableExamples final : public ExampleReader {
 public:
  TableExamples(const Task& task, const std::string& path, const Tokenizer& tokenizer, const ReadOptions& options)
      : task_(task),
        options_(options),
        tagged_(task.kind == TaskKind::tokens && options.labels),
        rows_(open_rows(path, task_.rows)),
        columns_(find_columns(*rows_, task_, options.labels && task.kind != TaskKind::masked_lm, options.keep)),
        labels_(task_),
        encoder_(task_, tokenizer, options.spans || tagged_) {
    if (tagged_ && rows_->format() != "jsonl") {
      throw usage_error("token labels come as CoNLL (.conll) or as spans in JSON lines (.jsonl)").at(path);
    }
    counts_.max_length = task_.limit.max_length;
  }

  bool next(Example& example) override {
    while (waiting_.empty()) {
      if (!next_row()) return false;
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
    if (!next_row()) return false;
    ++counts_.examples;
    return true;
  }

  ReadCounts counts() const override {
    ReadCounts counts = counts_;
    counts.lines = rows_->lines();
    counts.repaired = rows_->repaired();
    counts.blank = rows_->blank();
    counts.short_rows = rows_->short_rows();
    return counts;
  }

  const std::vector<std::string>& columns() const override { return rows_->columns(); }

 private:
  bool next_row() {
    do {
      if (!rows_->next(row_)) return false;
    } while (!options_.wants(rows_->rows() - 1));
    ++counts_.rows;
    return true;
  }

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
      const std::string wrong = labels_.read(columns_, *rows_, row_, targets);
      if (!wrong.empty()) throw data_error("{}", wrong).at(rows_->place(row_.line));
    }
    bool cut = false;
    for (Example& example : encoder_.encode(text, pair)) {
      example.label = targets.label;
      example.values = targets.values;
      example.row = rows_->rows() - 1;
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
    const std::string place = rows_->place(row_.line);
    const size_t at = columns_.label.at(0);
    if (row_.missing(at)) throw data_error("the spans are missing; a text without any has an empty list").at(place);
    const std::vector<TextSpan> spans = read_spans(row_.json->at(rows_->columns()[at]), example.source, place);
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
  std::unique_ptr<RowReader> rows_;
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
