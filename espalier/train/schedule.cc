#include "espalier/train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "espalier/base/text.h"

namespace espalier {

int64_t warmup_steps(const std::string& text, int64_t total_steps, int64_t steps_per_epoch, const std::string& place) {
  const std::string_view all = trim(text);
  const size_t end = std::min(all.find_first_not_of("0123456789."), all.size());
  const auto number = parse_double(all.substr(0, end));
  const std::string_view unit = trim(all.substr(end));
  if (number) {
    double steps = -1;
    if (unit.empty() || unit == "step" || unit == "steps") steps = *number == std::floor(*number) ? *number : -1;
    if (unit == "e" || unit == "epoch" || unit == "epochs") steps = *number * double(steps_per_epoch);
    if (unit == "%" && *number <= 100) steps = double(total_steps) * (*number / 100);
    // An excess of rounding must not add a step: 6 % of 50 is 3.
    if (steps >= 0 && steps < 1e15) return int64_t(std::ceil(steps - 1e-9 * std::max(1.0, steps)));
  }
  throw usage_error("'{}' is no warm-up", printable(text))
      .at(place)
      .hint("write steps (100), epochs (0.5 epochs) or a share (6%)");
}

int64_t default_epochs(int64_t steps_per_epoch) {
  const int64_t steps = std::max<int64_t>(1, steps_per_epoch);
  return std::clamp<int64_t>((600 + steps - 1) / steps, 3, 20);
}

Schedule::Schedule(ScheduleOptions options, int64_t total_steps, int64_t steps_per_epoch)
    : options_(std::move(options)), total_(total_steps) {
  warmup_ = warmup_steps(options_.warmup, total_steps, steps_per_epoch);
}

double Schedule::operator()(int64_t step) const {
  if (step < warmup_) return double(step) / double(std::max<int64_t>(1, warmup_));
  if (options_.decay == "constant") return 1;
  const double done = double(step - warmup_) / double(std::max<int64_t>(1, total_ - warmup_));
  if (options_.decay == "linear") return std::max(0.0, 1 - done);
  if (options_.decay == "cosine") return std::max(0.0, 0.5 * (1 + std::cos(std::numbers::pi * options_.cycles * 2 * done)));
  return (1 - options_.end) * std::pow(std::max(0.0, 1 - done), options_.power) + options_.end;
}

}  // namespace espalier
