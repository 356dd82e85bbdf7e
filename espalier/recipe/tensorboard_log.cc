#include "espalier/recipe/tensorboard_log.h"

#include <chrono>

namespace espalier {
namespace {

double wall_time() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

constexpr int64_t kFlushEvery = 50;  // steps

}  // namespace

void TensorboardLog::on_start(const TrainStart& start) {
  file_.emplace(folder_, start.step + 1, wall_time());
  seconds_ = 0;
}

void TensorboardLog::on_step(const StepInfo& info) {
  const double taken = info.seconds - seconds_;
  seconds_ = info.seconds;
  file_->add(info.step, wall_time(),
             {{"train/loss", info.loss},
              {"train/learning_rate", info.learning_rate},
              {"train/gradient_norm", info.gradient_norm},
              {"train/tokens_per_second", taken > 0 ? double(info.tokens) / taken : 0}});
  if (info.step % kFlushEvery == 0) file_->flush();
}

void TensorboardLog::on_evaluate(const EvaluateInfo& info) {
  std::vector<std::pair<std::string, double>> scalars;
  for (const auto& [name, value] : info.metrics) scalars.emplace_back("dev/" + name, value);
  file_->add(info.step, wall_time(), scalars);
  file_->flush();
}

}  // namespace espalier
