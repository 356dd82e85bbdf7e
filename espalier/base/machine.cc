#include "espalier/base/machine.h"

#include <fstream>
#include <set>

#include "espalier/base/text.h"

namespace espalier {

std::string proc_value(const char* path, std::string_view key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    const size_t colon = line.find(':');
    if (colon != std::string::npos) return std::string(trim(std::string_view(line).substr(colon + 1)));
  }
  return "";
}

std::string processor_name() { return proc_value("/proc/cpuinfo", "model name"); }

std::vector<std::string> instruction_sets() {
  const std::vector<std::string> flags = split(proc_value("/proc/cpuinfo", "flags"), ' ');
  const std::set<std::string> all(flags.begin(), flags.end());
  std::vector<std::string> found;
  for (const auto& [flag, name] : std::initializer_list<std::pair<const char*, const char*>>{{"avx2", "AVX2"},
                                                                                             {"fma", "FMA"},
                                                                                             {"avx512f", "AVX-512"},
                                                                                             {"avx512_vnni", "AVX512-VNNI"},
                                                                                             {"avx512_bf16", "AVX512-BF16"},
                                                                                             {"amx_bf16", "AMX-BF16"},
                                                                                             {"amx_int8", "AMX-INT8"}}) {
    if (all.contains(flag)) found.emplace_back(name);
  }
  return found;
}

}  // namespace espalier
