// A fuzz target: a reader, and what must hold of whatever bytes it is given. An espalier::Error is an answer like any other,
// unless it says that espalier itself is at fault; everything else that leaves the reader is a finding.
#pragma once

#include <functional>
#include <map>
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

/// A file without a name that holds these bytes until the next call, in a thread that makes no other use of it. One file serves
/// all executions, and only its length and bytes change: making one costs more than most readers.
fs::path memory_file(std::string_view bytes);

/// A folder for readers of folders, made once for each target and removed at the end of the program.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const fs::path& path() const { return path_; }
  /// The file holds these bytes; `name` may name a folder that is there. The file is made once and rewritten in place.
  void write(const std::string& name, std::string_view bytes) const;

 private:
  fs::path path_;
  mutable std::map<std::string, int> files_;
};

}  // namespace espalier::fuzz
