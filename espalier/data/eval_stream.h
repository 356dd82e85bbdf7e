// EvalStream: a file in input order, a chunk at a time; within a chunk batches are made by length, so nothing waits for the end.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "espalier/data/collate.h"
#include "espalier/data/reader.h"

namespace espalier {

struct EvalBatch {
  Batch batch;
  std::vector<int64_t> at;  ///< [B] position of each example in the chunk
};

class EvalStream {
 public:
  /// `chunk` examples are read at a time (1 for a terminal); a batch has at most `tokens` rows.
  EvalStream(std::unique_ptr<ExampleReader> reader, Collator collator, int64_t tokens = 16384, int64_t chunk = 1024);
  EvalStream(EvalStream&&) noexcept;
  ~EvalStream();

  /// Reads the next chunk; false at the end.
  bool next();
  const std::vector<Example>& examples() const { return examples_; }  ///< of the chunk, in input order
  std::vector<EvalBatch> batches() const;                             ///< of the chunk
  ReadCounts counts() const { return reader_->counts(); }

 private:
  std::unique_ptr<ExampleReader> reader_;
  Collator collator_;
  int64_t tokens_, chunk_;
  std::vector<Example> examples_;
};

}  // namespace espalier
