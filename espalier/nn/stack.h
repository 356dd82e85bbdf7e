// Stack: blocks one after the other, each a place of its own, the whole a place too. A block may run several times (shared
// layers).
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "espalier/nn/drop.h"
#include "espalier/nn/module.h"
#include "espalier/nn/norm.h"
#include "espalier/nn/site.h"

namespace espalier {

template <class Block>
class Stack : public Module {
 public:
  Stack(Module& parent, std::string_view name) : Module(parent, name) {}
  /// A block that runs after those added before it.
  template <class... Args>
  Block& add(Args&&... args) {
    runs_.push_back(blocks_.size());
    return *blocks_.emplace_back(std::make_unique<Block>(*this, std::to_string(blocks_.size()), std::forward<Args>(args)...));
  }
  /// Which blocks run, in which order, in place of each once.
  void run_in_order(std::vector<size_t> blocks) { runs_ = std::move(blocks); }

  /// A norm after the last block, at <stack>.norm, and dropout after that, at <stack>.drop.
  void end_with(int64_t width, const NormOptions& norm, std::optional<double> drop = {}) {
    norm_ = make_norm(*this, "norm", width, norm);
    if (drop) drop_ = std::make_unique<Drop>(*this, "drop", *drop);
  }

  /// Where Pass::first_rows is set, the last run alone sees it, and only if nothing is attached to the whole.
  Tensor operator()(const Tensor& x, Pass& pass) const {
    const bool first = pass.first_rows && !site.wrapped();
    return site.run(x, pass, [&](const Tensor& input) {
      Tensor y = input;
      for (size_t i = 0; i < runs_.size() && !pass.stopped; ++i) {
        pass.first_rows = first && i + 1 == runs_.size();
        y = (*blocks_[runs_[i]])(y, pass);
      }
      pass.first_rows = first;
      if (!norm_) return y;
      const FrameScope scope(pass, y.size(0) == pass.frame->rows() ? pass.frame : pooled_frame(y.size(0)));
      y = (*norm_)(y, pass);
      return drop_ ? (*drop_)(y, pass) : y;
    });
  }
  size_t size() const { return blocks_.size(); }
  Block& operator[](size_t i) { return *blocks_[i]; }

  Site site{*this, Unit::stack};

 private:
  std::vector<std::unique_ptr<Block>> blocks_;
  std::vector<size_t> runs_;
  std::unique_ptr<Norm> norm_;
  std::unique_ptr<Drop> drop_;
};

}  // namespace espalier
