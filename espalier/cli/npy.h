// NumPy's .npy, version 1.0: rows of float32 whose number is known only at the end. numpy.lib.format.
#pragma once

#include <cstdint>
#include <fstream>
#include <span>

#include "espalier/base/files.h"

namespace espalier {

/// Rows go into "<path>.tmp-<pid>", which takes the name of `path` in finish(); without it nothing is left behind.
class NpyWriter {
 public:
  NpyWriter(fs::path path, int64_t width);
  ~NpyWriter();
  NpyWriter(const NpyWriter&) = delete;
  NpyWriter& operator=(const NpyWriter&) = delete;
  void write(std::span<const float> row);
  void finish();
  int64_t rows() const { return rows_; }

 private:
  void check(const char* step);
  fs::path path_, temporary_;
  int64_t width_, rows_ = 0;
  std::ofstream file_;
  bool finished_ = false;
};

}  // namespace espalier
