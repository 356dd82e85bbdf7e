// Options of generation and prompts as tools/oracle/generate_rows.py writes them.
#pragma once

#include <nlohmann/json.hpp>

#include "espalier/models/generate.h"

namespace espalier::support {

inline GenerateOptions generate_options(const nlohmann::json& json) {
  GenerateOptions o;
  o.max_new = json.value("max_new", o.max_new);
  o.min_new = json.value("min_new", o.min_new);
  o.beams = json.value("beams", o.beams);
  o.no_repeat_ngram = json.value("no_repeat_ngram", o.no_repeat_ngram);
  o.length_penalty = json.value("length_penalty", o.length_penalty);
  o.repetition_penalty = json.value("repetition_penalty", o.repetition_penalty);
  o.early_stopping = json.value("early_stopping", o.early_stopping);
  o.candidates = json.value("candidates", o.candidates);
  o.start = json.value("start", o.start);
  o.ends = json.value("ends", o.ends);
  return o;
}

inline std::vector<Ids> new_ids(Model& model, const std::vector<Ids>& prompts, const GenerateOptions& options) {
  std::vector<Ids> ids;
  for (const Generated& text : generate(model, prompts, options)) ids.push_back(text.ids);
  return ids;
}

}  // namespace espalier::support
