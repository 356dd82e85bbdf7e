// Examples from CoNLL files: one sentence each, the tag of a word on its first piece.
#include "espalier/base/error.h"
#include "espalier/data/encoder.h"
#include "espalier/data/labels.h"
#include "espalier/data/readers.h"
#include "espalier/data/spans.h"
#include "espalier/io/conll.h"

namespace espalier {
namespace {

class ConllExamples final : public ExampleReader {
 public:
  ConllExamples(const Task& task, const std::string& path, const Tokenizer& tokenizer, const ReadOptions& options)
      : task_(task), options_(options), sentences_(path), labels_(task_), encoder_(task_, tokenizer, true) {
    if (!options.keep.empty()) {
      throw usage_error("columns of a CoNLL file belong to words and cannot be kept for sentences").at(path);
    }
    words_ = sentences_.column(task_.text.empty() ? "0" : task_.text[0]);
    if (options.labels) tags_ = sentences_.column(task_.label.empty() ? "-1" : task_.label[0]);
    for (size_t i = 0; i < sentences_.columns(); ++i) columns_.push_back(std::to_string(i));
    counts_.max_length = task_.limit.max_length;
  }

  bool next(Example& example) override {
    if (!next_sentence()) return false;
    example = encoder_.encode_words(sentence_.columns[words_]);
    example.index = counts_.examples++;
    example.row = sentences_.sentences() - 1;
    example.line = sentence_.line;
    counts_.cut += example.cut;
    if (options_.labels) tag(example);
    if (!options_.spans) {
      example.source.clear();
      example.offsets.clear();
      example.words.clear();
    }
    return true;
  }

  bool skip() override {
    if (!next_sentence()) return false;
    ++counts_.examples;
    return true;
  }

  ReadCounts counts() const override {
    ReadCounts counts = counts_;
    counts.lines = sentences_.lines();
    counts.repaired = sentences_.repaired();
    return counts;
  }

  const std::vector<std::string>& columns() const override { return columns_; }

 private:
  bool next_sentence() {
    do {
      if (!sentences_.next(sentence_)) return false;
    } while (!options_.wants(sentences_.sentences() - 1));
    ++counts_.rows;
    return true;
  }

  void tag(Example& example) {
    example.tokens.assign(example.text.ids.size(), -100);
    for (const int64_t piece : first_pieces(example)) {
      const auto word = static_cast<size_t>(example.words[size_t(piece)]);
      const std::string& tag = sentence_.columns[tags_][word];
      const int64_t id = labels_.id(tag);
      if (id < 0) throw data_error("{}", labels_.unknown(tag)).at(sentences_.place(sentence_.line + int64_t(word)));
      example.tokens[size_t(piece)] = static_cast<int32_t>(id);
    }
  }

  Task task_;
  ReadOptions options_;
  ConllReader sentences_;
  LabelReader labels_;
  Encoder encoder_;
  std::vector<std::string> columns_;
  size_t words_ = 0, tags_ = 0;
  Sentence sentence_;
  ReadCounts counts_;
};

}  // namespace

std::unique_ptr<ExampleReader> open_conll_examples(const Task& task, const std::string& path, const Tokenizer& tokenizer,
                                                   const ReadOptions& options) {
  return std::make_unique<ConllExamples>(task, path, tokenizer, options);
}

}  // namespace espalier
