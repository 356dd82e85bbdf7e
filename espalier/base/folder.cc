#include "espalier/base/folder.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "espalier/base/error.h"
#include "espalier/base/text.h"

namespace espalier {
namespace {

constexpr std::string_view kMark = ".tmp-";

void rename_to(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    throw data_error("cannot be put in place: {}", std::strerror(errno)).at(to.string());
  }
}

fs::path parent_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

/// The process that a temporary name speaks of; 0 when it is no such name.
pid_t maker_of(const std::string& name) {
  if (name.find(kMark) == std::string::npos) return 0;
  const auto pid = parse_int(name.substr(name.rfind('-') + 1));
  return pid && *pid > 0 ? static_cast<pid_t>(*pid) : 0;
}

}  // namespace

fs::path temporary_beside(const fs::path& path) {
  return parent_of(path) / fmt::format("{}{}-{}", kMark, path.filename().string(), ::getpid());
}

void sync_path(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 && errno == EACCES) return;  // a folder above that may be passed through and not read
  if (file < 0) throw data_error("cannot be opened: {}", std::strerror(errno)).at(path.string());
  const int code = ::fsync(file) == 0 ? 0 : errno;
  ::close(file);
  // some network file systems cannot sync a folder and say EINVAL
  if (code != 0 && code != EINVAL) throw data_error("cannot be brought to the disk: {}", std::strerror(code)).at(path.string());
}

void replace_folder(const fs::path& from, const fs::path& to) {
  sync_path(from);
  const fs::path aside = temporary_beside(to.string() + ".old");
  std::error_code ignored;
  fs::remove_all(aside, ignored);
  if (fs::exists(to)) rename_to(to, aside);
  rename_to(from, to);
  sync_path(parent_of(to));
  fs::remove_all(aside, ignored);
}

void remove_folder(const fs::path& path) {
  if (!fs::exists(path)) return;
  const fs::path aside = temporary_beside(path.string() + ".old");
  std::error_code ignored;
  fs::remove_all(aside, ignored);
  rename_to(path, aside);
  fs::remove_all(aside, ignored);
}

void remove_leftovers(const fs::path& folder) {
  std::error_code ignored;
  std::vector<fs::path> stale;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const pid_t maker = maker_of(entry.path().filename().string());
    const bool lives = maker != ::getpid() && (::kill(maker, 0) == 0 || errno != ESRCH);
    if (maker > 0 && !lives) stale.push_back(entry.path());
  }
  for (const fs::path& path : stale) fs::remove_all(path, ignored);
}

bool is_leftover(const std::string& name) { return maker_of(name) > 0; }

}  // namespace espalier
