// Survey: one streaming pass over the labels of a file. It finds the kind of task, the classes and their counts, and what the
// split needs of each row (a hash and a class), never the texts.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "espalier/data/task.h"

namespace espalier {

struct Survey {
  int64_t rows = 0, lines = 0;
  std::vector<int64_t> counts;    ///< rows of each class (tokens: words of each tag; multi_label: rows with each label)
  double low = 0, high = 0;       ///< of all regression targets and scores, as the file has them
  std::vector<double> means;      ///< of each target
  int64_t opened = 0, stray = 0;  ///< entities that begin with B-, and with an I- that follows nothing (IOB1)
  std::vector<uint64_t> texts;    ///< hash of each row's texts; only for the split
  std::vector<uint64_t> groups;   ///< hash of each row's group; only for the split, and if there is one
  std::vector<int32_t> strata;    ///< class of each row, or of its set of labels; only for the split
};

/// Fills in what the task lacks: its kind (by looking at the labels; a usage Error where two readings are possible), its labels,
/// its metrics. All rows with a missing or unusable label are one data Error; so is a file with one class only.
Survey survey_training(Task& task, bool kind_known, const std::string& path, bool for_split);
/// Checks the labels of a dev or test file against the task's; all unknown ones are one data Error.
Survey survey_labels(const Task& task, const std::string& path);

}  // namespace espalier
