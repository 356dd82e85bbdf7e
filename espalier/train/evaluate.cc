#include "espalier/train/evaluate.h"

#include <algorithm>
#include <cmath>

#include "espalier/data/spans.h"
#include "espalier/models/model.h"
#include "espalier/nn/tensor.h"
#include "espalier/train/objectives/cross_entropy.h"

namespace espalier {
namespace {

constexpr int64_t kNone = -100;

/// Its pieces' targets stand in the batch: masked ones are drawn by the collator, those of a text to write are of its own rows.
bool in_batch(const Task& task) { return task.kind == TaskKind::masked_lm || task.kind == TaskKind::seq2seq; }
bool per_row(const Task& task) { return task.kind == TaskKind::tokens || is_language(task.kind) || in_batch(task); }

std::vector<double> doubles(const Tensor& t) {
  const Tensor flat = t.to(at::kCPU, at::kDouble).contiguous();
  const double* data = flat.const_data_ptr<double>();
  return {data, data + flat.numel()};
}

/// Pieces of an example that are to be read.
std::vector<int64_t> pieces_of(const Example& example) {
  if (example.tokens.empty()) return first_pieces(example);
  std::vector<int64_t> pieces;
  for (size_t i = 0; i < example.tokens.size(); ++i) {
    if (example.tokens[i] != kNone) pieces.push_back(int64_t(i));
  }
  return pieces;
}

/// Classes and their probabilities at some rows of output [N, C].
void read_rows(const Tensor& output, const std::vector<int64_t>& rows, bool keep_logits, Prediction& prediction) {
  if (rows.empty()) return;
  const Tensor logits = output.index_select(0, at::tensor(rows, at::kLong).to(output.device())).to(at::kDouble);
  const auto [best, classes] = at::softmax(logits, 1).max(1);
  prediction.scores = doubles(best);
  const Tensor ids = classes.cpu();
  prediction.tags.assign(ids.const_data_ptr<int64_t>(), ids.const_data_ptr<int64_t>() + ids.numel());
  if (keep_logits) prediction.logits = doubles(logits);
}

std::vector<int64_t> masked_rows(const Batch& batch, int64_t at) {
  std::vector<int64_t> rows;
  const Tensor tokens = batch.tokens.cpu();
  const int64_t* ids = tokens.const_data_ptr<int64_t>();
  const Frame& frame = batch.token_frame();
  for (int64_t i = frame.offsets[size_t(at)]; i < frame.offsets[size_t(at) + 1]; ++i) {
    if (ids[i] != kNone) rows.push_back(i);
  }
  return rows;
}

}  // namespace

void read_logits(const Task& task, Prediction& prediction) {
  const std::vector<double>& logits = prediction.logits;
  std::vector<double>& scores = prediction.scores;
  scores = logits;
  prediction.labels.clear();
  if (task.kind == TaskKind::classify) {
    const auto best = std::max_element(logits.begin(), logits.end());
    prediction.label = best - logits.begin();
    double sum = 0;
    for (double& score : scores) sum += score = std::exp(score - *best);
    for (double& score : scores) score /= sum;
  } else if (task.kind == TaskKind::multi_label) {
    for (double& score : scores) {
      score = 1 / (1 + std::exp(-score));
      prediction.labels.push_back(score > 0.5);
    }
  }
}

std::vector<Prediction> predict_chunk(Model& model, const Task& task, const EvalStream& stream, Precision precision,
                                      const Objective* objective, double* sum, double* count) {
  at::NoGradGuard no_grad;
  std::vector<Prediction> predictions(stream.examples().size());
  for (const EvalBatch& part : stream.batches()) {
    Pass pass;
    pass.precision = precision;
    const Tensor output = model(part.batch, pass);
    if (objective != nullptr) {
      const Losses losses = objective->of(output, part.batch);
      *sum += losses.sums.sum().item<double>();
      *count += losses.counts.sum().item<double>();
    }
    Losses written;
    if (task.kind == TaskKind::causal_lm) written = TokenCrossEntropy({}).of(output, part.batch);
    const std::vector<double> all = per_row(task) ? std::vector<double>{} : doubles(output);
    const size_t width = part.at.empty() ? 0 : all.size() / part.at.size();
    for (size_t b = 0; b < part.at.size(); ++b) {
      const Example& example = stream.examples()[size_t(part.at[b])];
      Prediction& prediction = predictions[size_t(part.at[b])];
      prediction.row = example.row;
      if (task.kind == TaskKind::causal_lm) {
        prediction.loss = written.sums[int64_t(b)].item<double>();
        prediction.pieces = written.counts[int64_t(b)].item<double>();
      } else if (in_batch(task)) {
        const std::vector<int64_t> rows = masked_rows(part.batch, int64_t(b));
        read_rows(output, rows, false, prediction);
        for (int64_t row : rows) prediction.masked.push_back(part.batch.tokens[row].item<int64_t>());
      } else if (task.kind == TaskKind::tokens) {
        std::vector<int64_t> rows = pieces_of(example);
        for (int64_t& row : rows) row += part.batch.frame->offsets[b];
        read_rows(output, rows, true, prediction);
      } else {
        prediction.logits.assign(all.begin() + int64_t(b * width), all.begin() + int64_t((b + 1) * width));
        read_logits(task, prediction);
      }
    }
  }
  return predictions;
}

bool join_window(const Task& task, Prediction& last, const Prediction& next) {
  if (per_row(task) || last.row != next.row) return false;
  const double share = 1.0 / double(++last.windows);
  for (size_t i = 0; i < last.logits.size(); ++i) last.logits[i] += (next.logits[i] - last.logits[i]) * share;
  read_logits(task, last);
  return true;
}

void add_row(const Task& task, const Example& truth, const Prediction& prediction, MetricInput& input) {
  input.classes = std::max(input.classes, int64_t(task.labels.size()));
  switch (task.kind) {
    case TaskKind::classify:
      input.truth.push_back(truth.label);
      input.predicted.push_back(prediction.label);
      input.probabilities.insert(input.probabilities.end(), prediction.scores.begin(), prediction.scores.end());
      break;
    case TaskKind::multi_label:
      for (float value : truth.values) input.true_labels.push_back(value > 0.5F);
      input.predicted_labels.insert(input.predicted_labels.end(), prediction.labels.begin(), prediction.labels.end());
      input.probabilities.insert(input.probabilities.end(), prediction.scores.begin(), prediction.scores.end());
      break;
    case TaskKind::regress:
    case TaskKind::similarity:
      input.true_values.insert(input.true_values.end(), truth.values.begin(), truth.values.end());
      input.predicted_values.insert(input.predicted_values.end(), prediction.scores.begin(), prediction.scores.end());
      break;
    case TaskKind::tokens: {
      Tags& wanted = input.true_tags.emplace_back();
      Tags& said = input.predicted_tags.emplace_back();
      for (int32_t id : truth.tokens) {
        if (id == kNone) continue;
        wanted.push_back(task.labels[size_t(id)]);
        input.truth.push_back(id);
      }
      for (int64_t id : prediction.tags) said.push_back(task.labels[size_t(id)]);
      input.predicted.insert(input.predicted.end(), prediction.tags.begin(), prediction.tags.end());
      break;
    }
    case TaskKind::causal_lm:
      input.loss_sums.push_back(prediction.loss);
      input.token_counts.push_back(prediction.pieces);
      break;
    case TaskKind::masked_lm:
    case TaskKind::seq2seq:
      for (int64_t id : prediction.masked) input.classes = std::max(input.classes, id + 1);
      for (int64_t id : prediction.tags) input.classes = std::max(input.classes, id + 1);
      input.truth.insert(input.truth.end(), prediction.masked.begin(), prediction.masked.end());
      input.predicted.insert(input.predicted.end(), prediction.tags.begin(), prediction.tags.end());
      break;
  }
}

Metrics task_metrics(const Task& task, const MetricInput& input) {
  Metrics metrics;
  for (const std::string& name : task.metrics) metrics[name] = compute_metric(name, input);
  return metrics;
}

Evaluated evaluate(Model& model, const Task& task, EvalStream stream, const EvaluateOptions& options) {
  Evaluated result;
  double sum = 0, count = 0;
  std::optional<Prediction> last;  // a row whose windows may go on in the next chunk
  Example truth;
  const auto finish = [&] {
    if (!last) return;
    add_row(task, truth, *last, result.input);
    if (options.keep_predictions) result.predictions.push_back(std::move(*last));
    last.reset();
  };
  while (stream.next()) {
    std::vector<Prediction> chunk = predict_chunk(model, task, stream, options.precision, options.objective, &sum, &count);
    for (size_t i = 0; i < chunk.size(); ++i) {
      if (last && join_window(task, *last, chunk[i])) continue;
      finish();
      last = std::move(chunk[i]);
      truth = stream.examples()[i];
    }
  }
  finish();
  result.metrics = task_metrics(task, result.input);
  if (options.objective != nullptr) result.metrics["loss"] = count > 0 ? sum / count : 0;
  return result;
}

}  // namespace espalier
