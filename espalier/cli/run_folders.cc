#include "espalier/cli/run_folders.h"

#include <algorithm>

#include "espalier/base/error.h"

namespace espalier {
namespace {

/// Two levels down: point and seed.
void collect_runs(const fs::path& folder, int depth, std::vector<fs::path>& out) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!entry.is_directory()) continue;
    if (fs::exists(entry.path() / "result.json")) {
      out.push_back(entry.path());
    } else if (depth > 1 && !fs::exists(entry.path() / "plan.toml")) {
      collect_runs(entry.path(), depth - 1, out);
    }
  }
}

}  // namespace

std::vector<fs::path> run_folders(const std::vector<std::string>& names) {
  std::vector<fs::path> folders;
  for (const std::string& name : names) {
    std::vector<fs::path> inside;
    if (fs::is_directory(name) && !fs::exists(fs::path(name) / "plan.toml") && !fs::exists(fs::path(name) / "result.json"))
      collect_runs(name, 2, inside);
    std::sort(inside.begin(), inside.end());
    if (inside.empty()) inside.emplace_back(name);
    folders.insert(folders.end(), inside.begin(), inside.end());
  }
  return folders;
}

}  // namespace espalier
