// Task: what is to be predicted from which columns, and how it is judged. Labels are known once the training file was surveyed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "espalier/data/options.h"
#include "espalier/io/rows.h"
#include "espalier/text/tokenizer.h"

namespace espalier {

enum class TaskKind : uint8_t { classify, multi_label, regress, tokens, similarity, masked_lm, causal_lm, seq2seq };
const char* kind_name(TaskKind kind);
/// The text itself is what is to be predicted: rows have no labels.
bool is_language(TaskKind kind);
/// Accepts the names of TaskKind, "multi-label", "regression", "classification", …; a usage Error names the nearest.
TaskKind parse_kind(const std::string& name, const std::string& place = "");

struct Task {
  std::string name;  ///< "glue/sst2", or "" for a user's own files
  TaskKind kind = TaskKind::classify;
  std::vector<std::string> text;    ///< one or two columns, by name or number
  std::vector<std::string> label;   ///< one column; several: 0/1 columns (multi_label) or targets (regress); seq2seq: the target
  std::vector<std::string> labels;  ///< class or tag names by id; targets' names for regress
  std::string label_separator;      ///< several labels in one cell; "" = '|'
  std::string group;
  std::vector<std::string> metrics;  ///< names of the catalogue of metrics
  std::string best;                  ///< the one that chooses the best checkpoint
  double scale = 1;                  ///< similarity: scores are divided by it; 0 = to be found by the survey
  Limit limit;
  RowOptions rows;

  bool pair() const { return text.size() == 2; }
  /// The files are CoNLL, not rows.
  bool conll(const std::string& path) const;
  /// Id of a class by its name; -1 when unknown.
  int64_t id(std::string_view label) const;
};

/// Metrics (the first is `best`) by which a task of this kind is judged when nobody says; of tokens they follow the tags' scheme.
std::vector<std::string> default_metrics(TaskKind kind, const std::vector<std::string>& labels);
/// Sorts class names: numbers by value if all are numbers, else by bytes.
void sort_labels(std::vector<std::string>& labels);
/// The longest sequence: `asked` (0 = 512 at most), the model's positions (0 = no limit) and the tokenizer's own limit. Asking
/// for more than the model has is a usage Error.
int64_t choose_max_length(int64_t asked, int64_t positions, const Tokenizer& tokenizer);

}  // namespace espalier
