// BatchStream: the training steps of each epoch, deterministic and restartable anywhere. Examples are read in windows of the
// shuffle buffer, encoded by threads in the background, and permuted within a window; a file that fits one window is read and
// encoded once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "espalier/data/collate.h"
#include "espalier/data/reader.h"

namespace espalier {

struct StreamOptions {
  int64_t batch = 32;       ///< examples of one optimiser step
  int64_t tokens = 0;       ///< rows of one micro-batch at most; 0 = no bound
  int64_t micro_batch = 0;  ///< examples of one micro-batch at most; 0 = no bound
  int64_t shuffle_buffer = 100000;
  bool by_length = false;  ///< steps of similar lengths: 50 steps' examples are sorted at a time, then steps permuted
  bool shuffle = true;
  uint64_t seed = 1;
  int64_t workers = 1;  ///< threads that read and encode; the examples and their order are the same whatever the number
};

class BatchStream {
 public:
  /// Opens the training examples from the start; called once for each pass.
  using Open = std::function<std::unique_ptr<ExampleReader>()>;
  /// Reads the file once, to count the examples (and keep them if they fit one window).
  BatchStream(Open open, Collator collator, StreamOptions options);
  ~BatchStream();
  BatchStream(const BatchStream&) = delete;
  BatchStream& operator=(const BatchStream&) = delete;

  int64_t examples() const;          ///< of one epoch
  int64_t steps_per_epoch() const;   ///< the last one may be smaller
  const ReadCounts& counts() const;  ///< of the first pass; `cut` is complete only when everything fits one window

  /// Goes to step `skip_steps` of an epoch, as if the steps before had been taken.
  void start(int64_t epoch, int64_t skip_steps = 0);
  /// One step's examples as one or several micro-batches; false at the end of the epoch.
  bool next(std::vector<Batch>& micro_batches);
  /// As next, the examples themselves; valid until the next call.
  bool next_examples(std::vector<const Example*>& examples);
  /// Lines where the last step's examples begin in their file, ascending; of those with these Example::index where any are given.
  std::vector<int64_t> lines(const std::vector<int64_t>& indices = {}) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace espalier
