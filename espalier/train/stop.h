// The flag by which a user asks long work to end: Ctrl-C sets it, whoever works looks at it.
#pragma once

#include <atomic>

namespace espalier {

/// Whether an end was asked for; null means that nobody can.
inline bool asked(const std::atomic<bool>* stop) { return stop != nullptr && stop->load(); }

}  // namespace espalier
