// Examples of language modelling: the rows' pieces one behind the other, cut into runs of the greatest length; nothing is padded.
#include <algorithm>
#include <deque>

#include "espalier/base/error.h"
#include "espalier/base/text.h"
#include "espalier/data/columns.h"
#include "espalier/data/readers.h"

namespace espalier {
namespace {

constexpr int64_t kUsualLength = 512;

class PackedExamples final : public ExampleReader {
 public:
  PackedExamples(const Task& task, const std::string& path, const Tokenizer& tokenizer, const ReadOptions& options)
      : task_(task),
        options_(options),
        tokenizer_(tokenizer),
        rows_(open_rows(path, task_.rows)),
        columns_(find_columns(*rows_, task_, false, {})),
        length_(task_.limit.max_length > 0 ? task_.limit.max_length : kUsualLength) {
    counts_.max_length = length_;
  }

  bool next(Example& example) override {
    while (int64_t(waiting_.size()) < length_ && add_row()) {
    }
    if (waiting_.size() < 2) return false;  // nothing stands behind a single piece
    const auto count = std::min<int64_t>(length_, int64_t(waiting_.size()));
    example = Example();
    example.text.ids.assign(waiting_.begin(), waiting_.begin() + count);
    waiting_.erase(waiting_.begin(), waiting_.begin() + count);
    example.index = example.row = counts_.examples++;
    example.line = line_;
    return true;
  }

  bool skip() override {
    Example unused;
    return next(unused);
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
  bool add_row() {
    do {
      if (!rows_->next(row_)) return false;
    } while (!options_.wants(rows_->rows() - 1));
    ++counts_.rows;
    line_ = row_.line;
    const bool lines = rows_->format() == "lines";
    for (const size_t at : columns_.text) {
      // A line ends as it did in the file; a row of a table is a text of its own.
      const Encoding encoding = tokenizer_.encode(lines ? row_.cells[at] + "\n" : row_.cells[at]);
      for (size_t i = 0; i < encoding.size(); ++i) {
        if (encoding.special[i] == 0) waiting_.push_back(encoding.ids[i]);
      }
    }
    if (!lines && tokenizer_.specials().eos) waiting_.push_back(*tokenizer_.specials().eos);
    return true;
  }

  Task task_;
  ReadOptions options_;
  const Tokenizer& tokenizer_;
  std::unique_ptr<RowReader> rows_;
  Columns columns_;
  int64_t length_, line_ = 0;
  ReadCounts counts_;
  Row row_;
  std::deque<int32_t> waiting_;
};

}  // namespace

std::unique_ptr<ExampleReader> open_packed_examples(const Task& task, const std::string& path, const Tokenizer& tokenizer,
                                                    const ReadOptions& options) {
  return std::make_unique<PackedExamples>(task, path, tokenizer, options);
}

}  // namespace espalier
