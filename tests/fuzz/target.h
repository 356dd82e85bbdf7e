// A fuzz target: a reader, and what must hold of whatever bytes it is given. An espalier::Error is an answer like any other,
// unless it says that espalier itself is at fault; everything else that leaves the reader is a finding.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "espalier/base/files.h"

namespace espalier::fuzz {

struct Target {
  std::string name;  ///< that of its folder in tests/fuzz/corpus
  std::function<void(std::string_view bytes)> read;
};

/// All targets of this program: one under libFuzzer, all of them in the replay.
std::vector<Target>& targets();

struct AddTarget {
  AddTarget(const char* name, std::function<void(std::string_view)> read) { targets().push_back({name, std::move(read)}); }
};

/// Gives `bytes` to the target; throws what is a finding and nothing else.
void feed(const Target& target, std::string_view bytes);

/// Throws a bug Error, which is a finding.
void expect(bool holds, const char* what);

/// The parts of an input that stands for several files or for options beside a file: what byte 0x1E separates. Always `count`.
std::vector<std::string_view> parts(std::string_view bytes, size_t count);

/// Bytes as a file that has no name, so that nothing is left of it.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes);
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  fs::path path() const { return "/proc/self/fd/" + std::to_string(file_); }

 private:
  int file_;
};

/// A folder for readers of folders, made once for each target and removed at the end of the program.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const fs::path& path() const { return path_; }
  void write(const char* name, std::string_view bytes) const;

 private:
  fs::path path_;
};

}  // namespace espalier::fuzz
