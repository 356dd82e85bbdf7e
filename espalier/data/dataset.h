// DataSet: everything a run reads, resolved and checked before a tensor is allocated: task, labels, files, split.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "espalier/base/log.h"
#include "espalier/data/eval_stream.h"
#include "espalier/data/split.h"
#include "espalier/data/stream.h"

namespace espalier {

enum class Part : uint8_t { train, dev, test };
const char* part_name(Part part);

class DataSet {
 public:
  /// Surveys the files and splits where no dev file is given; says what it found in a few lines. `max_length` as chosen by
  /// choose_max_length. The tokenizer outlives the data set.
  DataSet(const DataOptions& options, const Tokenizer& tokenizer, int64_t max_length, uint64_t seed, Log& log);

  const Task& task() const { return task_; }
  /// The options with nothing left open (kind, columns, labels, metrics, paths): what the plan stores, and what evaluate and
  /// predict start from.
  const DataOptions& resolved() const { return resolved_; }

  bool has(Part part) const;
  const std::string& path(Part part) const;
  int64_t rows(Part part) const;
  const std::vector<int64_t>& class_counts(Part part) const;  ///< rows of each class
  double majority(Part part) const;                           ///< share of the largest class; 0 where there are no classes
  double mean(Part part) const;                               ///< of the targets
  /// SHA-256 of the file; "" where rows of the training file are held out, and of what is no file.
  const std::string& sha256(Part part) const;
  bool held_out() const { return held_ != nullptr; }

  std::unique_ptr<ExampleReader> open(Part part, ReadOptions options = {}) const;
  std::unique_ptr<BatchStream> stream() const;  ///< training steps, as the options say
  EvalStream evaluate(Part part, ReadOptions options = {}) const;

 private:
  struct PartFacts {
    std::string path;
    int64_t rows = 0;
    std::vector<int64_t> counts;
    double mean = 0;
    std::string sha256;
  };
  const PartFacts& facts(Part part) const { return parts_[size_t(part)]; }
  void split(const Survey& survey, Log& log);
  ReadOptions part_of(Part part, ReadOptions options) const;

  DataOptions resolved_;
  Task task_;
  const Tokenizer& tokenizer_;
  uint64_t seed_;
  PartFacts parts_[3];
  std::shared_ptr<const std::vector<bool>> held_;
};

/// A Task from options in which nothing is open (a plan's), for evaluate and predict.
Task make_task(const DataOptions& resolved, int64_t max_length);

}  // namespace espalier
