// CoNLL files: one token a line, columns separated by tabs or spaces, sentences separated by blank lines.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace espalier {

class LineReader;

struct Sentence {
  std::vector<std::vector<std::string>> columns;  ///< columns[c][t]: cell c of token t
  int64_t line = 0;                               ///< line of the first token, from 1
  size_t size() const { return columns.empty() ? 0 : columns[0].size(); }
};

class ConllReader {
 public:
  /// Opens a file, or standard input for "-"; a file without any token is a data Error.
  explicit ConllReader(const std::string& path);
  ~ConllReader();
  /// The next sentence; false at the end. Lines of -DOCSTART- are skipped. A line with another number of columns than the
  /// first is a data Error. Where a line has a tab, tabs alone separate; else runs of spaces do.
  bool next(Sentence& sentence);
  size_t columns() const { return columns_; }  ///< columns of the first token
  /// Index of a column given by number from 0, or from the end ("-1" is the last); a usage Error when there is none.
  size_t column(std::string_view number) const;

  const std::string& path() const { return path_; }
  std::string place(int64_t line) const;  ///< "train.conll:8"
  int64_t sentences() const { return sentences_; }
  int64_t lines() const;
  int64_t repaired() const;  ///< invalid UTF-8 sequences replaced by U+FFFD so far

 private:
  bool read(Sentence& sentence);

  std::string path_;
  std::unique_ptr<LineReader> reader_;
  size_t columns_ = 0;
  int64_t sentences_ = 0;
  Sentence first_;
  bool first_pending_ = false;
};

}  // namespace espalier
