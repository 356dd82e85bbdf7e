// Attachments: an ordered list of callables, each undone by the Hook that its attaching returned.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "espalier/nn/hook.h"

namespace espalier {

/// Items stand in ascending `order`, and in the order of attaching inside one order.
template <class Callable>
class Attachments {
 public:
  struct Item {
    uint64_t id;
    int order;
    std::string label;
    Callable call;
  };

  Attachments() = default;
  Attachments(const Attachments&) = delete;
  Attachments& operator=(const Attachments&) = delete;

  Hook attach(int order, std::string label, Callable call) {
    const uint64_t id = next_++;
    auto after = std::find_if(items_.begin(), items_.end(), [&](const Item& i) { return i.order > order; });
    items_.insert(after, Item{id, order, std::move(label), std::move(call)});
    return Hook(
        [this, id] { items_.erase(std::find_if(items_.begin(), items_.end(), [&](const Item& i) { return i.id == id; })); });
  }
  bool empty() const { return items_.empty(); }
  const std::vector<Item>& items() const { return items_; }

 private:
  uint64_t next_ = 0;
  std::vector<Item> items_;
};

}  // namespace espalier
