// Cores: the affinity mask, /sys topology (hardware threads of one core count once) and the cgroup's quota, v2 and v1.
#include "espalier/base/threads.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>
#include <utility>
#include <vector>

#include "espalier/base/text.h"

namespace espalier {
namespace {

std::string slurp(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  return text.str();
}

std::optional<int64_t> number_in(const std::string& path) {
  const std::string text = slurp(path);
  return parse_int(trim(text));
}

std::vector<int> allowed_threads() {
  std::vector<int> out;
  for (int size = 1024; size <= 1 << 16; size *= 4) {
    cpu_set_t* set = CPU_ALLOC(size_t(size));
    const size_t bytes = CPU_ALLOC_SIZE(size_t(size));
    CPU_ZERO_S(bytes, set);
    const bool good = sched_getaffinity(0, bytes, set) == 0;
    const bool grow = !good && errno == EINVAL;  // the kernel's mask is longer
    for (int i = 0; good && i < size; ++i) {
      if (CPU_ISSET_S(size_t(i), bytes, set)) out.push_back(i);
    }
    CPU_FREE(set);
    if (!grow) break;
  }
  return out;
}

/// Distinct (package, core) pairs; 0 when the system does not tell.
int physical_cores(const std::vector<int>& threads) {
  std::set<std::pair<int64_t, int64_t>> cores;
  for (const int thread : threads) {
    const std::string folder = fmt::format("/sys/devices/system/cpu/cpu{}/topology/", thread);
    const auto core = number_in(folder + "core_id"), package = number_in(folder + "physical_package_id");
    if (!core || !package) return 0;
    cores.emplace(*package, *core);
  }
  return int(cores.size());
}

void lower(std::optional<double>& least, std::optional<double> quota) {
  if (quota && (!least || *quota < *least)) least = quota;
}

/// The smallest quota from this process's group up to the root.
std::optional<double> group_quota() {
  std::optional<double> least;
  for (const std::string& row : split(slurp("/proc/self/cgroup"), '\n')) {
    const size_t first = row.find(':'), second = row.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::vector<std::string> controllers = split(row.substr(first + 1, second - first - 1), ',');
    const bool v2 = controllers.front().empty();
    if (!v2 && std::find(controllers.begin(), controllers.end(), "cpu") == controllers.end()) continue;
    for (std::string group = row.substr(second + 1);;) {
      if (group == "/") group.clear();
      if (v2) {
        lower(least, quota_cores(slurp("/sys/fs/cgroup" + group + "/cpu.max")));
      } else {
        for (const char* root : {"/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"}) {
          const std::string folder = root + group;
          lower(least, quota_cores(slurp(folder + "/cpu.cfs_quota_us") + " " + slurp(folder + "/cpu.cfs_period_us")));
        }
      }
      const size_t slash = group.rfind('/');
      if (slash == std::string::npos) break;
      group.erase(slash);
    }
  }
  return least;
}

struct Cores {
  int usable = 1, physical = 0;
  size_t affinity = 0;
  std::optional<double> quota;
};

Cores count() {
  Cores cores;
  const std::vector<int> threads = allowed_threads();
  cores.affinity = threads.empty() ? std::max(1U, std::thread::hardware_concurrency()) : threads.size();
  cores.physical = physical_cores(threads);
  cores.usable = cores.physical > 0 ? cores.physical : int(cores.affinity);
  cores.quota = group_quota();
  if (cores.quota) cores.usable = int(std::min(double(cores.usable), std::ceil(*cores.quota)));
  cores.usable = std::max(1, cores.usable);
  return cores;
}

}  // namespace

std::optional<double> quota_cores(std::string_view cpu_max) {
  std::istringstream words{std::string(cpu_max)};
  std::string quota, period;
  words >> quota >> period;
  const auto granted = parse_int(quota), of = parse_int(period);
  if (!granted || !of || *granted <= 0 || *of <= 0) return std::nullopt;  // v1 says -1 for none
  return double(*granted) / double(*of);
}

int usable_cores() {
  static const int cores = count().usable;
  return cores;
}

std::string usable_cores_reason() {
  const Cores cores = count();
  const std::string physical = cores.physical > 0 ? std::to_string(cores.physical) : "unknown number of";
  const std::string quota = cores.quota ? fmt::format("{:.3g}", *cores.quota) : "none";
  return fmt::format("{} physical core{} (affinity {}, cgroup quota {}, {} hardware threads)", physical,
                     cores.physical == 1 ? "" : "s", cores.affinity, quota, std::thread::hardware_concurrency());
}

int64_t peak_rss_bytes() {
  for (const std::string& row : split(slurp("/proc/self/status"), '\n')) {
    if (!row.starts_with("VmHWM:")) continue;
    std::string_view rest = trim(std::string_view(row).substr(6));
    if (rest.ends_with("kB")) rest.remove_suffix(2);
    return parse_int(trim(rest)).value_or(0) * 1024;
  }
  return 0;
}

}  // namespace espalier
