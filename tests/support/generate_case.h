// What tests of generation share: options and prompts as tools/oracle/generate_rows.py writes them, and the next piece without a
// cache.
#pragma once

#include <nlohmann/json.hpp>

#include "espalier/models/generate.h"
#include "espalier/models/model.h"
#include "espalier/nn/tensor.h"

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

/// The best next piece by reading everything anew.
inline int64_t best_next(Model& model, const Ids& text) {
  Batch batch;
  batch.ids = at::tensor(text, at::kLong);
  batch.segments = at::zeros_like(batch.ids);
  batch.frame = make_frame({int64_t(text.size())});
  batch.examples = {0};
  at::NoGradGuard no_gradient;
  Pass pass;
  return model(batch, pass)[-1].argmax().item<int64_t>();
}

}  // namespace espalier::support
