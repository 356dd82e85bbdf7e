// Training as TensorBoard shows it: train/loss, train/learning_rate, train/gradient_norm, train/tokens_per_second, dev/<metric>.
#pragma once

#include <functional>
#include <optional>

#include "espalier/report/tensorboard.h"
#include "espalier/train/callback.h"

namespace espalier {

class TensorboardLog final : public Callback {
 public:
  /// Files go to `folder`; a resumed run begins another one.
  explicit TensorboardLog(fs::path folder) : folder_(std::move(folder)) {}
  void on_start(const TrainStart& start) override;
  void on_step(const StepInfo& info) override;
  void on_evaluate(const EvaluateInfo& info) override;
  void on_checkpoint(const CheckpointInfo&) override { file_->flush(); }
  void on_end(Ending) override { file_->flush(); }

 private:
  fs::path folder_;
  std::optional<TensorboardFile> file_;
  double seconds_ = 0;
};

}  // namespace espalier
