#include "espalier/recipe/narrator.h"

#include <fmt/format.h>

#include "espalier/base/text.h"

namespace espalier {

std::string evaluate_line(const Plan& plan, const EvaluateInfo& info) {
  std::vector<std::string> parts;
  for (const std::string& name : plan.recipe.data.metrics) {
    const auto found = info.metrics.find(name);
    if (found == info.metrics.end()) continue;
    std::string part = fmt::format("{} {:.4f}", name, found->second);
    if (name == "accuracy" && plan.facts.dev_majority > 0)
      part += fmt::format(" (majority class {:.4f})", plan.facts.dev_majority);
    parts.push_back(part);
  }
  if (const auto loss = info.metrics.find("loss"); loss != info.metrics.end())
    parts.push_back(fmt::format("loss {:.4f}", loss->second));
  return fmt::format("epoch {:.3g}: dev {}{}", info.epoch, join(parts, ", "), info.best ? "; best so far" : "");
}

void Narrator::on_step(const StepInfo& info) {
  folder_.append_event({{"kind", "step"},
                        {"step", info.step},
                        {"seconds", info.seconds},
                        {"epoch", info.epoch},
                        {"loss", info.loss},
                        {"learning_rate", info.learning_rate},
                        {"gradient_norm", info.gradient_norm},
                        {"examples", info.examples},
                        {"tokens", info.tokens}});
}

void Narrator::on_skip(const SkipInfo& info) {
  folder_.append_event(
      {{"kind", "skip"}, {"step", info.step}, {"what", info.what}, {"rows", info.rows}, {"skipped", info.skipped}});
  if (log_ != nullptr) log_->warn(info.text());
}

void Narrator::on_evaluate(const EvaluateInfo& info) {
  folder_.append_event(
      {{"kind", "evaluate"}, {"step", info.step}, {"epoch", info.epoch}, {"split", "dev"}, {"metrics", info.metrics}});
  if (log_ != nullptr) log_->note(evaluate_line(plan_, info));
}

void Narrator::on_checkpoint(const CheckpointInfo& info) {
  folder_.append_event(
      {{"kind", "checkpoint"}, {"step", info.step}, {"path", info.path.filename().string()}, {"best", info.best}});
  folder_.sync_events();
}

}  // namespace espalier
