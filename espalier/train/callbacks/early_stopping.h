// Stops when the choosing metric has not improved for `patience` evaluations.
#pragma once

#include "espalier/train/callback.h"

namespace espalier {

class EarlyStopping final : public Callback {
 public:
  explicit EarlyStopping(int64_t patience) : patience_(patience) {}
  void on_evaluate(const EvaluateInfo& info) override { waited_ = info.best ? 0 : waited_ + 1; }
  bool wants_stop() const override { return patience_ > 0 && waited_ >= patience_; }
  std::string name() const override { return "early_stopping"; }
  std::map<std::string, double> state() const override { return {{"waited", double(waited_)}}; }
  void load_state(const std::map<std::string, double>& state) override {
    if (auto found = state.find("waited"); found != state.end()) waited_ = int64_t(found->second);
  }

 private:
  int64_t patience_, waited_ = 0;
};

}  // namespace espalier
