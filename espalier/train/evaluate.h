// Evaluation: a model over a file, in file order: outputs, what they mean, and the task's metrics.
#pragma once

#include <cstdint>
#include <vector>

#include "espalier/data/eval_stream.h"
#include "espalier/data/task.h"
#include "espalier/metrics/metric.h"
#include "espalier/nn/pass.h"
#include "espalier/train/callback.h"
#include "espalier/train/objective.h"

namespace espalier {

class Model;

/// What the model says about one example. Scores are probabilities (classify: softmax; multi_label: sigmoid), values (regress) or
/// the cosine (similarity); tokens: the tag of each word and the probability of that tag.
struct Prediction {
  int64_t index = 0;  ///< Example::index
  std::vector<double> logits, scores;
  int64_t label = -1;           ///< classify: the most probable class
  std::vector<uint8_t> labels;  ///< multi_label: those above 0.5
  std::vector<int64_t> tags;    ///< tokens: class of each labelled or first piece, in order
};

/// Predictions of one batch, in the batch's order. Scores in double whatever the model's dtype.
/// `rows`: for token tasks, the packed rows to read for each example (first pieces of words); else ignored.
std::vector<Prediction> predict_batch(Model& model, const Task& task, const Batch& batch, const Pass& pass,
                                      const std::vector<std::vector<int64_t>>* rows = nullptr);

/// Predictions of the chunk that `stream` holds, in input order. For token tasks the examples need `words` (ReadOptions::spans)
/// or labels.
std::vector<Prediction> predict_chunk(Model& model, const Task& task, const EvalStream& stream, const Pass& pass);

struct Evaluated {
  MetricInput input;                    ///< truth and prediction in file order, for any further metric
  std::vector<Prediction> predictions;  ///< in file order; empty unless asked for
  Metrics metrics;                      ///< the task's, by name, and "loss" where an objective was given
  double loss = 0;
};

struct EvaluateOptions {
  Precision precision = Precision::exact;
  bool keep_predictions = false;
};

/// Reads `stream` to its end. The objective may be null.
Evaluated evaluate(Model& model, const Task& task, EvalStream stream, const Objective* objective,
                   const EvaluateOptions& options = {});

}  // namespace espalier
