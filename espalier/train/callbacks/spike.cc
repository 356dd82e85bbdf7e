#include "espalier/train/callbacks/spike.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace espalier {
namespace {

constexpr double kNormal = 1.4826;
constexpr double kFloor = 0.05;

double median(std::vector<double> values) {
  const auto middle = values.begin() + int64_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

void Spike::on_step(const StepInfo& info) {
  if (int64_t(losses_.size()) >= options_.window / 2) {
    std::vector<double> values(losses_.begin(), losses_.end());
    const double middle = median(values);
    for (double& value : values) value = std::abs(value - middle);
    top_ = std::max(top_, middle);
    const double spread = std::max(kNormal * median(std::move(values)), kFloor * top_);
    if (info.loss > middle + options_.deviations * spread) {
      stopped_ = stopped_ || options_.stop;
      const std::string rows = info.rows ? info.rows() : "";
      if (tell) {
        tell(info.step,
             fmt::format("loss spike at step {}: {:.4g}, {:.0f} deviations above the median {:.4g} of the last {} steps{}",
                         info.step, info.loss, (info.loss - middle) / spread, middle, losses_.size(),
                         rows.empty() ? "" : "; its rows: " + rows));
      }
    }
  }
  losses_.push_back(info.loss);
  if (int64_t(losses_.size()) > options_.window) losses_.pop_front();
}

std::map<std::string, double> Spike::state() const {
  std::map<std::string, double> state{{"top", top_}, {"stopped", double(stopped_)}};
  for (size_t i = 0; i < losses_.size(); ++i) state[fmt::format("loss.{:03}", i)] = losses_[i];
  return state;
}

void Spike::load_state(const std::map<std::string, double>& state) {
  losses_.clear();
  for (const auto& [name, value] : state) {
    if (name == "top") {
      top_ = value;
    } else if (name == "stopped") {
      stopped_ = value != 0;
    } else {
      losses_.push_back(value);
    }
  }
}

const Registry<Callback>& callbacks() {
  static const Registry<Callback> all = [] {
    Registry<Callback> r("callback");
    r.add<Spike, SpikeOptions>("spike", "tells when the loss of a step jumps out of the last ones, and may stop there");
    return r;
  }();
  return all;
}

}  // namespace espalier
