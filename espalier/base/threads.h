// How many threads this process may usefully run.
#pragma once

#include <cstdint>
#include <string>

namespace espalier {

/// Physical cores within the affinity mask and the cgroup's quota; at least 1.
int usable_cores();
/// "2 physical cores (affinity 2, cgroup quota none, 2 hardware threads)": why that number, for `doctor`.
std::string usable_cores_reason();
/// Peak resident set of this process in bytes (VmHWM), 0 when the system does not say.
int64_t peak_rss_bytes();

}  // namespace espalier
