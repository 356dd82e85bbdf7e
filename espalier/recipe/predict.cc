// Rows of a file through a session: answers, metrics of a labelled file, embeddings.
#include <algorithm>

#include "espalier/base/text.h"
#include "espalier/data/columns.h"
#include "espalier/data/spans.h"
#include "espalier/data/survey.h"
#include "espalier/nn/tensor.h"
#include "espalier/recipe/outcome.h"
#include "espalier/recipe/session.h"

namespace espalier {
namespace {

constexpr int64_t kTokens = 16384;  // rows of one batch

/// The session's task as this file calls its columns.
template <class Options>
Task task_for(const Session& session, const std::string& path, const Options& options) {
  Task task = session.task;
  task.rows.format = options.format;
  task.rows.header = options.header && session.task.rows.header;
  task.rows.columns = 0;
  if (options.quote) task.rows.quote = options.quote;
  if (!options.text.empty()) task.text = options.text;
  if (task.text.empty() && path == "-") task.text = {"text"};
  if (task.text.empty() && !task.conll(path)) name_texts(*open_rows(path, task.rows), task);
  return task;
}

/// For each code point of a text its first byte, and the end.
std::vector<int64_t> code_points(const std::string& text) {
  std::vector<int64_t> at;
  for (size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) at.push_back(int64_t(i));
  }
  at.push_back(int64_t(text.size()));
  return at;
}

void answer_tokens(const Task& task, const Example& example, const Prediction& prediction, Answer& answer) {
  const std::vector<Extent> words = word_extents(example);
  std::vector<std::string> tags;
  for (const int64_t tag : prediction.tags) tags.push_back(task.labels.at(size_t(tag)));
  const size_t count = std::min(words.size(), tags.size());
  const auto spans = decode_spans(std::span(words).first(count), example.source, std::span(tags).first(count));
  const std::vector<int64_t> bytes = code_points(example.source);
  for (const auto& span : spans) {
    AnswerSpan said{span.start, span.end, span.label, span.text, 1};
    for (size_t i = 0; i < count; ++i) {
      const bool inside = words[i].first >= bytes.at(size_t(span.start)) && words[i].second <= bytes.at(size_t(span.end));
      if (inside) said.score = std::min(said.score, prediction.scores[i]);
    }
    const bool known = std::any_of(answer.spans.begin(), answer.spans.end(), [&](const AnswerSpan& old) {
      return old.start == said.start && old.end == said.end && old.label == said.label;
    });
    if (!known) answer.spans.push_back(std::move(said));  // windows of one text see some words twice
  }
}

void answer_row(const Task& task, const Prediction& prediction, Answer& answer) {
  answer.scores = prediction.scores;
  if (task.kind == TaskKind::classify) {
    answer.label = task.labels.at(size_t(prediction.label));
    answer.score = prediction.scores.at(size_t(prediction.label));
  } else if (task.kind == TaskKind::multi_label) {
    for (size_t i = 0; i < prediction.labels.size(); ++i) {
      if (prediction.labels[i] != 0) answer.labels.push_back(task.labels.at(i));
    }
  } else if (!prediction.scores.empty()) {
    answer.score = prediction.scores[0];
  }
}

ReadCounts predict_bag_rows(const Session& session, const Task& task, const std::string& path, const PredictOptions& options,
                            const std::function<void(const Answer&)>& sink) {
  const auto rows = open_rows(path, task.rows);
  const Columns columns = find_columns(*rows, task, false, options.keep);
  std::vector<Answer> answers;
  std::vector<std::string> texts;
  const auto flush = [&] {
    const std::vector<Prediction> said = predict_bag(*session.bag, task, texts);
    for (size_t i = 0; i < said.size(); ++i) {
      answer_row(task, said[i], answers[i]);
      sink(answers[i]);
    }
    answers.clear();
    texts.clear();
  };
  Row row;
  while (rows->next(row)) {
    std::vector<std::string> cells;
    for (const size_t at : columns.text) cells.push_back(row.cells[at]);
    texts.push_back(join(cells, "\n"));
    Answer& answer = answers.emplace_back();
    answer.row = rows->rows() - 1;
    answer.line = row.line;
    for (const size_t at : columns.keep) answer.kept.push_back(row.cells[at]);
    if (int64_t(texts.size()) >= options.chunk) flush();
  }
  flush();
  ReadCounts counts;
  counts.rows = counts.examples = rows->rows();
  counts.lines = rows->lines();
  counts.repaired = rows->repaired();
  counts.blank = rows->blank();
  counts.short_rows = rows->short_rows();
  return counts;
}

}  // namespace

ReadCounts predict_rows(Session& session, const std::string& path, const PredictOptions& options,
                        const std::function<void(const Answer&)>& sink) {
  const Task task = task_for(session, path, options);
  if (session.bag) return predict_bag_rows(session, task, path, options, sink);
  if (task.kind == TaskKind::masked_lm) throw unsupported_error("a masked language model answers no rows").hint("use `evaluate`");
  if (task.kind == TaskKind::causal_lm) {
    throw unsupported_error("a language model answers no rows").hint("use `evaluate`, or `generate`");
  }
  if (task.kind == TaskKind::seq2seq) {
    throw unsupported_error("this model writes texts, which `predict` does not").hint("use `evaluate`");
  }
  const ReadOptions read{.labels = false, .spans = task.kind == TaskKind::tokens, .keep = options.keep};
  EvalStream stream(open_examples(task, path, *session.tokenizer, read), Collator(task, *session.tokenizer, 1), kTokens,
                    options.chunk);
  const bool windows = task.limit.too_long == Long::windows;
  std::optional<Prediction> last;  // a row whose windows may go on
  Answer answer;
  const auto finish = [&] {
    if (!last) return;
    if (task.kind != TaskKind::tokens) answer_row(task, *last, answer);
    sink(answer);
    last.reset();
  };
  while (stream.next()) {
    std::vector<Prediction> chunk = predict_chunk(*session.model, task, stream, session.precision);
    for (size_t i = 0; i < chunk.size(); ++i) {
      const Example& example = stream.examples()[i];
      const bool same = last && last->row == chunk[i].row;
      if (!same) {
        finish();
        answer = {};
        answer.row = example.row;
        answer.line = example.line;
        answer.kept = example.kept;
      }
      if (task.kind == TaskKind::tokens) answer_tokens(task, example, chunk[i], answer);
      if (!same || !join_window(task, *last, chunk[i])) last = std::move(chunk[i]);
      if (!windows) finish();
    }
  }
  finish();
  return stream.counts();
}

Evaluated evaluate_file(Session& session, const std::string& path, const EvaluateFileOptions& options, Log& log) {
  Task task = task_for(session, path, options);
  if (!options.label.empty()) task.label = options.label;
  if (task.label.empty() && !task.conll(path) && !is_language(task.kind)) {
    name_columns(*open_rows(path, task.rows), task);
  }
  if (path == "-") throw usage_error("a labelled file is read twice, which standard input cannot be").hint("give a file");
  const Survey survey = survey_labels(task, path);
  log.note(fmt::format("{}: {} rows", path, with_commas(survey.rows)));
  if (session.bag) return evaluate_bag(*session.bag, task, read_texts(task, path));
  std::unique_ptr<ExampleReader> reader = open_examples(task, path, *session.tokenizer);
  return evaluate(*session.model, task, EvalStream(std::move(reader), Collator(task, *session.tokenizer, 1), kTokens),
                  {.precision = session.precision, .keep_predictions = true});
}

ReadCounts embed_texts(Session& session, const std::string& path, const PredictOptions& options,
                       const std::function<void(std::span<const float>)>& sink) {
  if (session.model == nullptr || session.model->head() == nullptr || session.model->head()->options().kind != HeadKind::embed) {
    throw bug_error("embedding with a session that was not opened for it");
  }
  Task task = task_for(session, path, options);
  task.kind = TaskKind::classify;
  if (task.limit.too_long == Long::windows) task.limit.too_long = Long::cut;
  EvalStream stream(open_examples(task, path, *session.tokenizer, {.labels = false}), Collator(task, *session.tokenizer, 1),
                    kTokens, options.chunk);
  const size_t width = size_t(session.model->width());
  at::NoGradGuard no_gradient;
  while (stream.next()) {
    std::vector<float> rows(stream.examples().size() * width);
    for (const EvalBatch& part : stream.batches()) {
      Pass pass;
      pass.precision = session.precision;
      const Tensor out = (*session.model)(part.batch, pass).to(at::kCPU, at::kFloat).contiguous();  // [B, D]
      const float* data = out.const_data_ptr<float>();
      for (size_t b = 0; b < part.at.size(); ++b) {
        std::copy_n(data + b * width, width, rows.begin() + int64_t(size_t(part.at[b]) * width));
      }
    }
    for (size_t i = 0; i < stream.examples().size(); ++i) sink(std::span(rows).subspan(i * width, width));
  }
  return stream.counts();
}

}  // namespace espalier
