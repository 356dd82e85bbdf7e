#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fstream>

#include "espalier/base/error.h"

namespace espalier::fuzz {

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

MemoryFile::MemoryFile(std::string_view bytes) : file_(::memfd_create("fuzz", MFD_CLOEXEC)) {
  if (file_ < 0 || ::write(file_, bytes.data(), bytes.size()) != ssize_t(bytes.size())) throw bug_error("no file in memory");
}

MemoryFile::~MemoryFile() { ::close(file_); }

Folder::Folder() {
  std::string name = (fs::temp_directory_path() / "espalier-fuzz-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw bug_error("a temporary folder cannot be made").at(name);
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void Folder::write(const char* name, std::string_view bytes) const {
  const fs::path path = path_ / name;
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

}  // namespace espalier::fuzz
