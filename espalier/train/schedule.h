// Schedule: the factor of the learning rate at each step: warm-up, then decay. Equal to transformers' get_*_schedule_with_warmup.
#pragma once

#include <cstdint>
#include <string>

#include "espalier/base/fields.h"

namespace espalier {

struct ScheduleOptions {
  std::string decay = "linear";
  std::string warmup = "6%";
  double power = 1, end = 0, cycles = 0.5;
  void fields(Fields& f) {
    f("decay", decay).one_of({"constant", "linear", "cosine", "polynomial"}).help("how the rate falls after the warm-up");
    f("warmup", warmup).help("steps (\"100\"), epochs (\"0.5 epochs\") or a share of all steps (\"6%\")");
    f("power", power).above(0).help("polynomial: exponent");
    f("end", end).between(0, 1).help("polynomial: the last rate as a share of the highest");
    f("cycles", cycles).above(0).help("cosine: waves; 0.5 falls to zero once");
  }
};

/// "100", "0.5e", "1 epoch", "0.5 epochs", "6%" as a number of steps (rounded up); a usage Error at `place` otherwise.
int64_t warmup_steps(const std::string& text, int64_t total_steps, int64_t steps_per_epoch,
                     const std::string& place = "schedule.warmup");

/// 3 epochs, raised to reach 600 steps, at most 20.
int64_t default_epochs(int64_t steps_per_epoch);

class Schedule {
 public:
  Schedule() = default;  ///< constant
  Schedule(ScheduleOptions options, int64_t total_steps, int64_t steps_per_epoch);
  /// Factor of the peak rate for step 0, 1, …
  double operator()(int64_t step) const;
  int64_t warmup() const { return warmup_; }

 private:
  ScheduleOptions options_{.decay = "constant", .warmup = "0"};
  int64_t total_ = 0, warmup_ = 0;
};

}  // namespace espalier
