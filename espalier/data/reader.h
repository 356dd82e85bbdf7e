// ExampleReader: rows of a file -> tokenizer -> examples, one at a time, with counts of everything that was treated.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "espalier/base/log.h"
#include "espalier/data/example.h"
#include "espalier/data/task.h"

namespace espalier {

/// What happened to the rows so far.
struct ReadCounts {
  int64_t rows = 0, lines = 0;        ///< rows given, lines of the file consumed
  int64_t examples = 0;               ///< as rows, unless long texts are read in windows
  int64_t cut = 0;                    ///< rows with something dropped to fit the maximum length
  int64_t empty = 0;                  ///< rows with an empty text: kept, as the special tokens alone
  int64_t repaired = 0;               ///< invalid UTF-8 sequences replaced by U+FFFD
  int64_t blank = 0, short_rows = 0;  ///< lines skipped
  int64_t inside = 0;                 ///< spans that begin or end inside a word
  int64_t max_length = 0;
  /// One line for each treatment that happened: "train.tsv: 1,832 of 20,000 (9.16 %) cut at 512".
  void report(const std::string& path, Log& log) const;
};

struct ReadOptions {
  bool labels = true;             ///< rows must have labels; false: they are not looked at
  bool spans = false;             ///< fill Example::source, offsets and words
  std::vector<std::string> keep;  ///< columns whose cells go into Example::kept
  /// Rows to give, by number from 0; null = all.
  std::shared_ptr<const std::vector<bool>> rows;
  bool rows_value = true;  ///< rows where `rows` has this value are given
  bool wants(int64_t row) const;
};

class ExampleReader {
 public:
  virtual ~ExampleReader() = default;
  /// The next example; false at the end. Labels that are missing or unknown are a data Error with file and line.
  virtual bool next(Example& example) = 0;
  /// Passes over an example, without encoding it where possible; false at the end.
  virtual bool skip() = 0;
  virtual ReadCounts counts() const = 0;
  virtual const std::vector<std::string>& columns() const = 0;  ///< of the file
};

/// `task` has its labels and limit. "-" reads standard input. The tokenizer outlives the reader.
std::unique_ptr<ExampleReader> open_examples(const Task& task, const std::string& path, const Tokenizer& tokenizer,
                                             const ReadOptions& options = {});
/// One text (or pair) that stands in no file.
Example encode_example(const Task& task, const Tokenizer& tokenizer, std::string_view text, std::string_view pair = {},
                       const ReadOptions& options = {});

}  // namespace espalier
