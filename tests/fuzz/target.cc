#include "tests/fuzz/target.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "espalier/base/error.h"

namespace espalier::fuzz {
namespace {

void fill(int file, std::string_view bytes) {
  if (::pwrite(file, bytes.data(), bytes.size(), 0) != ssize_t(bytes.size()) || ::ftruncate(file, off_t(bytes.size())) != 0) {
    throw bug_error("an input cannot be written");
  }
}

}  // namespace

std::vector<Target>& targets() {
  static std::vector<Target> all;
  return all;
}

void feed(const Target& target, std::string_view bytes) {
  try {
    target.read(bytes);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::bug) throw;
  }
}

void expect(bool holds, const char* what) {
  if (!holds) throw bug_error("it does not hold that {}", what);
}

std::vector<std::string_view> parts(std::string_view bytes, size_t count) {
  std::vector<std::string_view> out;
  while (out.size() + 1 < count) {
    const size_t end = std::min(bytes.find('\x1e'), bytes.size());
    out.push_back(bytes.substr(0, end));
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
  out.push_back(bytes);
  return out;
}

fs::path memory_file(std::string_view bytes) {
  static const int file = ::memfd_create("fuzz", MFD_CLOEXEC);
  fill(file, bytes);
  return "/proc/self/fd/" + std::to_string(file);
}

Folder::Folder() {
  std::string name = (fs::temp_directory_path() / "espalier-fuzz-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw bug_error("a temporary folder cannot be made").at(name);
  path_ = name;
}

Folder::~Folder() {
  for (const auto& [name, file] : files_) ::close(file);
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void Folder::write(const std::string& name, std::string_view bytes) const {
  const auto [found, added] = files_.try_emplace(name, -1);
  if (added) found->second = ::open((path_ / name).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  fill(found->second, bytes);
}

}  // namespace espalier::fuzz
