// Lines of a file or of standard input, as they arrive: a pipe is not read further than it has been written.
#pragma once

#include <cstdint>
#include <string>

namespace espalier {

class LineReader {
 public:
  /// "-" is standard input. `name()` is what errors call it.
  explicit LineReader(const std::string& path, int64_t max_line_bytes = 64 << 20);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  /// The next line with its line end ("\n", "\r\n", "\r", or nothing at the end of the file); false at the end. A BOM at the
  /// start is dropped and invalid UTF-8 repaired; UTF-16 and compressed files are a data Error that says how to convert.
  bool next_raw(std::string& line);
  /// As next_raw, without the line end.
  bool next(std::string& line);

  const std::string& name() const { return name_; }
  int64_t lines() const { return lines_; }        ///< lines given so far
  int64_t repaired() const { return repaired_; }  ///< invalid UTF-8 sequences replaced by U+FFFD so far

 private:
  bool fill();
  void check_start();

  std::string name_;
  int file_ = -1;
  int64_t max_line_bytes_, lines_ = 0, repaired_ = 0;
  size_t block_ = 1 << 16;  // bytes read at once; fewer where the whole file has fewer
  std::string buffer_;
  size_t at_ = 0;
  bool started_ = false, ended_ = false;
};

}  // namespace espalier
