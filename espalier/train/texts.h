// Texts as they stand in a file, with their targets: what a bag of words learns from.
#pragma once

#include <string>
#include <vector>

#include "espalier/data/reader.h"
#include "espalier/data/task.h"
#include "espalier/train/linear_fit.h"

namespace espalier {

struct TextRows {
  std::vector<std::string> texts;  ///< the two texts of a pair joined by '\n'
  std::vector<Example> targets;    ///< only label, values, row and line are filled in; empty when labels were not asked for
};

/// All rows of a file that `options` wants; no tokenizer is needed.
TextRows read_texts(const Task& task, const std::string& path, const ReadOptions& options = {});
/// The rest of a reader whose `keep` were the text columns.
TextRows read_texts(ExampleReader& reader);

/// How a kind of task is fitted by a linear model: classify, multi_label and regress; an unsupported Error for the others.
Link link_of(TaskKind kind);
/// targets [N, outputs] for fit_linear.
std::vector<double> targets_of(const Task& task, const std::vector<Example>& examples);

}  // namespace espalier
