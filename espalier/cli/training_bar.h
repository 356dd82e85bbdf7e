// What is seen while a model trains: the progress line, and above it the figures of each evaluation.
#pragma once

#include <memory>

#include "espalier/cli/output.h"
#include "espalier/recipe/plan.h"
#include "espalier/train/callback.h"

namespace espalier {

class TrainingBar final : public Callback {
 public:
  TrainingBar(const Plan& plan, Console& console) : plan_(plan), console_(console) {}
  ~TrainingBar() override;
  void on_start(const TrainStart& start) override;
  void on_step(const StepInfo& info) override;
  void on_skip(const SkipInfo& info) override;
  void on_evaluate(const EvaluateInfo& info) override;
  void on_end(Ending ending) override;

 private:
  const Plan& plan_;
  Console& console_;
  std::unique_ptr<ProgressBar> bar_;
};

}  // namespace espalier
