// Session: a run or a model opened for use: predict, evaluate, embed, merge.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "espalier/base/log.h"
#include "espalier/data/reader.h"
#include "espalier/data/task.h"
#include "espalier/models/model.h"
#include "espalier/models/save.h"
#include "espalier/recipe/plan.h"
#include "espalier/text/tokenizer.h"
#include "espalier/train/bag_of_words.h"
#include "espalier/train/evaluate.h"

namespace espalier {

struct Session {
  fs::path folder;           ///< the run's, or the model's
  fs::path base;             ///< the model's folder; empty for bag_of_words
  std::optional<Plan> plan;  ///< of a run
  std::unique_ptr<Tokenizer> tokenizer;
  std::unique_ptr<Model> model;  ///< null for bag_of_words
  std::optional<BagOfWords> bag;
  Task task;
  DataOptions data;  ///< what the task was made from
  Precision precision = Precision::exact;
};

struct OpenOptions {
  std::string model;  ///< where the base of a run is now; "" = where the plan says
  std::string precision = "fp32";
  int64_t max_length = 0;        ///< of open_model; 0 = what model and tokenizer allow, 512 at most
  std::string pooling = "auto";  ///< of open_model
  bool embed = false;            ///< the head is replaced by one for sentence embeddings
};

/// A run folder: its base with what was trained attached. A run that has not finished is opened at its best checkpoint.
Session open_run(const fs::path& folder, const OpenOptions& options, Log& log);
/// A Hugging Face folder with its own head (classes from id2label); `adapter` is a PEFT folder or empty. Notes the sites that
/// matched, whether a head came along, and whether the base is the one the adapter was trained on.
Session open_model(const std::string& model, const fs::path& adapter, const OpenOptions& options, Log& log);

/// An entity in a text: code points [start, end).
struct AnswerSpan {
  int64_t start = 0, end = 0;
  std::string label, text;
  double score = 0;  ///< the least probability of its words
};

/// What is said about one row.
struct Answer {
  int64_t row = 0, line = 0;
  std::vector<std::string> kept;    ///< cells of PredictOptions::keep
  std::string label;                ///< classify: the most probable class
  double score = 0;                 ///< its probability; regress (first target) and similarity: the value
  std::vector<double> scores;       ///< by class, label or target
  std::vector<std::string> labels;  ///< multi_label: those above one half
  std::vector<AnswerSpan> spans;    ///< tokens
};

struct PredictOptions {
  std::vector<std::string> keep;  ///< columns whose cells are handed on
  std::vector<std::string> text;  ///< columns, where the file calls them otherwise than the training file
  std::string format = "auto";
  bool header = true;
  std::optional<bool> quote;
  int64_t chunk = 1024;  ///< rows read before anything is answered; 1 for a terminal
};

/// Rows of a file ("-" = standard input) in input order, one answer each.
ReadCounts predict_rows(Session& session, const std::string& path, const PredictOptions& options,
                        const std::function<void(const Answer&)>& sink);
struct EvaluateFileOptions {
  std::vector<std::string> text, label;  ///< columns, where the file calls them otherwise than the training file
  std::string format = "auto";
  bool header = true;
  std::optional<bool> quote;
};
/// Metrics of a labelled file; `input` of the result serves any further metric and confused pairs.
Evaluated evaluate_file(Session& session, const std::string& path, const EvaluateFileOptions& options, Log& log);
/// One unit-length row of `model->width()` numbers for each text, in input order; opened with OpenOptions::embed.
ReadCounts embed_texts(Session& session, const std::string& path, const PredictOptions& options,
                       const std::function<void(std::span<const float>)>& sink);

struct MergeReport {
  double largest_change = 0;        ///< of a logit on the probe batch, merged against not merged
  double largest_logit = 0;         ///< absolute, for scale
  int64_t bytes = 0;                ///< of the folder
  std::vector<std::string> merged;  ///< names of the methods written into the base
  SavedModel saved;                 ///< which class or library reads it
};
/// Writes base, update and head as one Hugging Face folder, or one of sentence-transformers. A method that cannot be merged is
/// refused before anything is written.
MergeReport merge_run(Session& session, const fs::path& out, Log& log);

}  // namespace espalier
