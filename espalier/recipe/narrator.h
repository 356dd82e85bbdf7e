// Narrator: writes what happens during training into events.jsonl, and the evaluations as lines for people.
#pragma once

#include <string>

#include "espalier/base/log.h"
#include "espalier/recipe/plan.h"
#include "espalier/report/run.h"
#include "espalier/train/callback.h"

namespace espalier {

/// "epoch 1: macro_f1 0.5123, accuracy 0.6502 (majority class 0.1173), loss 1.32; best so far"
std::string evaluate_line(const Plan& plan, const EvaluateInfo& info);

class Narrator final : public Callback {
 public:
  /// `log` may be null: then only the events are written.
  Narrator(const RunFolder& folder, const Plan& plan, Log* log) : folder_(folder), plan_(plan), log_(log) {}
  void on_step(const StepInfo& info) override;
  void on_skip(const SkipInfo& info) override;
  void on_evaluate(const EvaluateInfo& info) override;
  void on_checkpoint(const CheckpointInfo& info) override;

 private:
  const RunFolder& folder_;
  const Plan& plan_;
  Log* log_;
};

}  // namespace espalier
