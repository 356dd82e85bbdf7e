// Hook: a move-only handle that undoes its attachment when destroyed.
#pragma once

#include <functional>
#include <utility>

namespace espalier {

class [[nodiscard]] Hook {
 public:
  Hook() = default;
  explicit Hook(std::function<void()> undo) : undo_(std::move(undo)) {}
  Hook(Hook&& other) noexcept : undo_(std::exchange(other.undo_, nullptr)) {}
  Hook& operator=(Hook&& other) noexcept {
    if (this != &other) {
      remove();
      undo_ = std::exchange(other.undo_, nullptr);
    }
    return *this;
  }
  Hook(const Hook&) = delete;
  Hook& operator=(const Hook&) = delete;
  ~Hook() { remove(); }
  void remove() {
    if (auto undo = std::exchange(undo_, nullptr)) undo();
  }
  explicit operator bool() const { return undo_ != nullptr; }

 private:
  std::function<void()> undo_;
};

}  // namespace espalier
