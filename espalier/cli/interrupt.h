// Ctrl-C and SIGTERM while a run is under way: the first asks for a checkpoint and an end, the second ends at once.
#pragma once

#include <atomic>

namespace espalier {

class Interrupt {
 public:
  Interrupt();
  ~Interrupt();  ///< signals mean again what they meant before
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  const std::atomic<bool>* flag() const;
  /// 130 after Ctrl-C, 143 after SIGTERM.
  int exit_code() const;
};

}  // namespace espalier
