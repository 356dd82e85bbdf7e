#include "espalier/cli/training_bar.h"

#include "espalier/recipe/narrator.h"

namespace espalier {

TrainingBar::~TrainingBar() { console_.show_above(nullptr); }

void TrainingBar::on_start(const TrainStart& start) {
  std::fflush(stdout);
  bar_ = std::make_unique<ProgressBar>(stderr, "train", start.total);
  console_.show_above(bar_.get());
}

void TrainingBar::on_step(const StepInfo& info) { bar_->update(info.step, info.loss, info.total_tokens); }

void TrainingBar::on_skip(const SkipInfo& info) { console_.warn(info.text()); }

void TrainingBar::on_evaluate(const EvaluateInfo& info) { console_.note(evaluate_line(plan_, info)); }

void TrainingBar::on_end(Ending) {
  bar_->finish();
  console_.show_above(nullptr);
}

}  // namespace espalier
