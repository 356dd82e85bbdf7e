// Answers as people and scripts read them: TSV, CSV or JSON lines, one a row (of tokens: one an entity), in input order.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "espalier/recipe/session.h"

namespace espalier {

enum class AnswerFormat : uint8_t { tsv, csv, json };

class AnswerWriter {
 public:
  virtual ~AnswerWriter() = default;
  /// The line of column names; "" for JSON lines.
  virtual std::string header() const = 0;
  /// One line or more; "" for a row of tokens without entities in a table.
  virtual std::string lines(const Answer& answer) const = 0;
};

struct AnswerOptions {
  AnswerFormat format = AnswerFormat::tsv;
  std::vector<std::string> keep;  ///< names of the columns that are handed on
  bool probabilities = false;     ///< of every class
};
/// A column of ours that is called like a kept one becomes "predicted_<name>".
std::unique_ptr<AnswerWriter> make_answer_writer(const Task& task, const AnswerOptions& options);

}  // namespace espalier
