// Spike: tells when a step's loss jumps out of the last ones: loss > m + k s, with m the median of the last `window` losses and
// s = max(1.4826 median |loss - m|, 0.05 M), M the highest m so far. 1.4826: for normal noise s is then its deviation.
#pragma once

#include <deque>

#include "espalier/train/callback.h"

namespace espalier {

struct SpikeOptions {
  int64_t window = 50;
  double deviations = 10;
  bool stop = false;
  void fields(Fields& f) {
    f("window", window).between(10, 1000).help("steps whose losses are compared with; half of them must have been taken");
    f("deviations", deviations).above(0).help("a loss so many deviations above the median is a spike");
    f("stop", stop).help("end the run there, as if early; otherwise it is only told");
  }
};

class Spike final : public Callback {
 public:
  explicit Spike(const SpikeOptions& options) : options_(options) {}
  void on_step(const StepInfo& info) override;
  bool wants_stop() const override { return stopped_; }
  std::string name() const override { return "spike"; }
  std::map<std::string, double> state() const override;
  void load_state(const std::map<std::string, double>& state) override;

 private:
  SpikeOptions options_;
  std::deque<double> losses_;  ///< the oldest first
  double top_ = 0;
  bool stopped_ = false;
};

}  // namespace espalier
