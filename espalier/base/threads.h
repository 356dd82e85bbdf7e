// How many threads this process may usefully run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace espalier {

/// Physical cores within the affinity mask and the cgroup's quota; at least 1.
int usable_cores();
/// "2 physical cores (affinity 2, cgroup quota none, 2 hardware threads)": why that number, for `doctor`.
std::string usable_cores_reason();
/// Cores granted by the text of a cgroup's cpu.max: "150000 100000" -> 1.5; nullopt for "max ..." or anything else.
std::optional<double> quota_cores(std::string_view cpu_max);
/// Peak resident set of this process in bytes (VmHWM), 0 when the system does not say.
int64_t peak_rss_bytes();

}  // namespace espalier
