// Evaluation: a model over a file, in file order: outputs, what they mean, and the task's metrics.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "espalier/data/eval_stream.h"
#include "espalier/data/task.h"
#include "espalier/metrics/metric.h"
#include "espalier/nn/pass.h"
#include "espalier/train/callback.h"
#include "espalier/train/objective.h"

namespace espalier {

class Model;

/// What is said about one row of a file. Windows of one long text are averaged before anything is decided.
struct Prediction {
  int64_t row = 0, windows = 1;  ///< Example::row; windows that were averaged
  std::vector<double> logits;    ///< as the model gives them; tokens: classes of each word, one after the other
  std::vector<double> scores;    ///< classify: softmax; multi_label: sigmoid; regress: values; similarity: the cosine;
                                 ///< tokens: probability of each word's tag
  int64_t label = -1;            ///< classify: the most probable class
  std::vector<uint8_t> labels;   ///< multi_label: 1 for those above one half
  std::vector<int64_t> tags;     ///< tokens: class of each word (its first piece); masked_lm: id of each masked piece
  std::vector<int64_t> masked;   ///< masked_lm: the ids that stood there
  double loss = 0, pieces = 0;   ///< causal_lm: Σ -log p of its pieces, and of how many
};

/// Fills in scores, label and labels from `logits`; of classify, multi_label, regress and similarity.
void read_logits(const Task& task, Prediction& prediction);
/// Predictions of the chunk that `stream` holds, in input order, one an example (windows not yet joined). Token tasks read the
/// first piece of each word: those that carry labels, or where there are none those of Example::words (ReadOptions::spans).
/// `sum` and `count` (may be null) take up the objective's loss.
std::vector<Prediction> predict_chunk(Model& model, const Task& task, const EvalStream& stream, Precision precision,
                                      const Objective* objective = nullptr, double* sum = nullptr, double* count = nullptr);
/// Joins `next` into `last` when both are windows of one row; false otherwise. Token tasks keep their windows apart.
bool join_window(const Task& task, Prediction& last, const Prediction& next);

/// Adds a row with its truth to what metrics are computed from.
void add_row(const Task& task, const Example& truth, const Prediction& prediction, MetricInput& input);
/// The task's metrics by name.
Metrics task_metrics(const Task& task, const MetricInput& input);

struct Evaluated {
  MetricInput input;                    ///< in file order, for any further metric
  std::vector<Prediction> predictions;  ///< in file order; empty unless asked for
  Metrics metrics;                      ///< the task's by name, and "loss" where an objective was given
};

struct EvaluateOptions {
  Precision precision = Precision::exact;
  bool keep_predictions = false;
  const Objective* objective = nullptr;
};

/// Reads `stream`, of examples with labels, to its end.
Evaluated evaluate(Model& model, const Task& task, EvalStream stream, const EvaluateOptions& options = {});

}  // namespace espalier
