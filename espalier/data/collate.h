// Collator: examples -> one Batch of packed rows with its targets.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "espalier/data/example.h"
#include "espalier/data/task.h"
#include "espalier/nn/batch.h"

namespace espalier {

class Collator {
 public:
  /// `seed` draws the masks of masked_lm: a function of (seed, epoch, example), never of the batch.
  Collator(const Task& task, const Tokenizer& tokenizer, uint64_t seed);

  /// Examples in the order of `order` (positions in `examples`), which is sorted by length, stably, first; of seq2seq by the
  /// lengths of source and target.
  /// Batch::examples holds Example::index. Where examples carry no targets, the batch has none.
  Batch operator()(std::span<const Example> examples, std::vector<int64_t>& order, int64_t epoch = 0) const;
  /// All of them.
  Batch operator()(std::span<const Example> examples, int64_t epoch = 0) const;

 private:
  void mask(const Example& example, int64_t epoch, int64_t* ids, int64_t* targets) const;

  TaskKind kind_;
  int64_t vocabulary_ = 0, mask_id_ = -1;
  std::vector<bool> special_;
  uint64_t key_;
};

/// Cuts `order` (positions in `examples`) into runs of at most `tokens` rows and `most` examples (0 = no bound), after sorting it
/// by length, stably; a single longer example is a run of its own.
std::vector<std::vector<int64_t>> cut_runs(std::span<const Example> examples, std::vector<int64_t> order, int64_t tokens,
                                           int64_t most = 0);

}  // namespace espalier
