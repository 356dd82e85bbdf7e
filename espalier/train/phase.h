// Phase: one player of the training loop: what it lowers, how its gradients come to be, what it updates, on which data.
// One phase is plain training; two alternate step by step.
#pragma once

#include <fmt/ranges.h>

#include <memory>
#include <string>
#include <vector>

#include "espalier/data/stream.h"
#include "espalier/train/objective.h"
#include "espalier/train/optimizer.h"
#include "espalier/train/rule.h"
#include "espalier/train/schedule.h"

namespace espalier {

/// Where steps come from: epochs of steps of micro-batches, restartable at any step.
class StepSource {
 public:
  virtual ~StepSource() = default;
  virtual int64_t steps_per_epoch() const = 0;
  virtual void start(int64_t epoch, int64_t skip_steps) = 0;
  virtual bool next(std::vector<Batch>& micro_batches) = 0;  ///< false at the end of the epoch
  /// Where the last step's examples stand, "train.tsv:3,17,29"; only those of these Batch::examples where any are given. Empty
  /// where nobody knows.
  virtual std::string rows(const std::vector<int64_t>& /*examples*/ = {}) const { return ""; }
};

/// The steps of a stream of training data; `path` names its file.
class StreamSource final : public StepSource {
 public:
  explicit StreamSource(std::unique_ptr<BatchStream> stream, std::string path = "")
      : stream_(std::move(stream)), path_(std::move(path)) {}
  int64_t steps_per_epoch() const override { return stream_->steps_per_epoch(); }
  void start(int64_t epoch, int64_t skip_steps) override { stream_->start(epoch, skip_steps); }
  bool next(std::vector<Batch>& micro_batches) override { return stream_->next(micro_batches); }
  std::string rows(const std::vector<int64_t>& examples = {}) const override {
    return fmt::format("{}:{}", path_, fmt::join(stream_->lines(examples), ","));
  }

 private:
  std::unique_ptr<BatchStream> stream_;
  std::string path_;
};

struct Phase {
  std::string name = "main";
  std::unique_ptr<Objective> objective;
  std::unique_ptr<GradientRule> rule;
  std::unique_ptr<Optimizer> optimizer;  ///< the trainer binds it to `trained`
  Schedule schedule;
  std::vector<Parameter*> trained;  ///< already told to train (Parameter::train)
  std::unique_ptr<StepSource> source;
};

}  // namespace espalier
