// Stack: blocks one after the other, each a place of its own, the whole a place too.
#pragma once

#include <memory>
#include <vector>

#include "espalier/nn/module.h"
#include "espalier/nn/site.h"

namespace espalier {

template <class Block>
class Stack : public Module {
 public:
  Stack(Module& parent, std::string_view name) : Module(parent, name) {}
  template <class... Args>
  Block& add(Args&&... args) {
    return *blocks_.emplace_back(std::make_unique<Block>(*this, std::to_string(blocks_.size()), std::forward<Args>(args)...));
  }
  Tensor operator()(const Tensor& x, Pass& pass) const {
    return site.run(x, pass, [&](const Tensor& input) {
      Tensor y = input;
      for (size_t i = 0; i < blocks_.size() && !pass.stopped; ++i) y = (*blocks_[i])(y, pass);
      return y;
    });
  }
  size_t size() const { return blocks_.size(); }
  Block& operator[](size_t i) { return *blocks_[i]; }

  Site site{*this, Unit::stack};

 private:
  std::vector<std::unique_ptr<Block>> blocks_;
};

}  // namespace espalier
